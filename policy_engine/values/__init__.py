"""Values every phase shares: money in minor units, calendar dates, text, canonical JSON. No I/O, no clock."""
