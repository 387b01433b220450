"""Changes over several rows of `alerts`: calls, paging, timers, duty, devices, commands."""
