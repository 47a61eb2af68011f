# Keyboard shortcuts.
title = Keyboard shortcuts
search = Search
add = Add a webhook
go-webhooks = Go to the webhooks
go-overview = Go to the overview
rows = Next and previous row
open = Open the row
choose = Choose the row
close = Close what is open, or clear the selection
help = Show this list
on = Use keyboard shortcuts
close-sheet = Close
save = Save the form
