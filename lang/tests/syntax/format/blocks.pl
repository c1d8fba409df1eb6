plan "Blocks" {
 each  copies=file   in files.paths.filter_with_a_rather_long_name("and a long argument", "and another one to be broken"){ // c
   result {file:file,bytes:out?.bytes??0}


   // after
 }
 when   a==1 { step b=fs.read(path:"b") // b
   let  c=b.text


   gate "Go on?"   show a,b.c   // gate
 }
 together{step d=fs.read(path:"d")}
 step wait=fs.stat(path:"x"){poll   every 30s   for 20m until wait.kind=="file"}
 critical{}
}
