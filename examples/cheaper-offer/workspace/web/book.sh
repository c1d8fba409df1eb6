# Stands for the booking systems of two hotels: `book NAME` and `cancel`, which takes back the last booking.
set -eu
bookings=web/bookings.csv
case "$1" in
book)
  case "$2" in
  north | south) ;;
  *)
    echo "there is no hotel $2" >&2
    exit 1
    ;;
  esac
  echo "$2,4 nights" >>"$bookings"
  echo "booked $2"
  ;;
cancel)
  sed '$d' "$bookings" >web/bookings.new
  cat web/bookings.new >"$bookings"
  rm web/bookings.new
  echo "cancelled"
  ;;
esac
