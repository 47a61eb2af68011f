# Temps relatifs à maintenant.
seconds = { NUMBER($count) } s
minutes = { NUMBER($count) } min
hours = { NUMBER($count) } h
days = { NUMBER($count) } j
exact = { $local } ({ $utc })
