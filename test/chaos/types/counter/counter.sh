# One item a number from the cursor on. A pause after every fifth item keeps the run going while something is killed.
read -r start
read -r items_a_run pause_seconds < pace
next=$(printf '%s' "$start" | sed -n 's/.*"next":\([0-9]*\).*/\1/p')
next=${next:-0}
end=$((next + items_a_run))
if [ "$end" -gt "$COUNTER_TOTAL" ]; then end=$COUNTER_TOTAL; fi
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
emitted=0
while [ "$next" -lt "$end" ]; do
  printf '{"type":"RECORD","stream":"items","key":"%d","data":{"id":"%d","n":%d},"emitted_at":"%s"}\n' "$next" "$next" "$((next * next))" "$now"
  next=$((next + 1))
  emitted=$((emitted + 1))
  if [ $((next % 5)) = 0 ]; then
    printf '{"type":"STATE","stream":"items","cursor":{"next":%d}}\n' "$next"
    if [ "$pause_seconds" != 0 ]; then sleep "$pause_seconds"; fi
  fi
done
printf '{"type":"STATE","stream":"items","cursor":{"next":%d}}\n' "$next"
printf '{"type":"DONE","status":"succeeded","records_emitted":%d}\n' "$emitted"
cat > /dev/null
