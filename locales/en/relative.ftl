# Times relative to now.
seconds = { NUMBER($count) } s
minutes = { NUMBER($count) } min
hours = { NUMBER($count) } h
days = { NUMBER($count) } d
exact = { $local } ({ $utc })
