"""The outside world behind small functions: the clock, and the channels that leave the site."""
