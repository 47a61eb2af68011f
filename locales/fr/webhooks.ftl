# La liste des webhooks.
title = Webhooks
lead = Prévenez aussitôt un autre programme quand quelque chose se passe ici.
add = Ajouter un webhook
search = Rechercher
search-hint = Nom, URL ou description
name = Nom
url = URL
event = Événement
description = Description
status = État
last-response = Dernière réponse
no-callback-yet = Pas encore d’appel
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
older = Plus anciens
nothing-found = Aucun résultat
nothing-found-why = Aucun webhook ne contient ce texte dans son nom, son URL ou sa description.
show-all = Tout afficher
none = Pas encore de webhook
none-why = Un webhook est une adresse HTTPS à vous que clearhook appelle quand un événement survient, par exemple une nouvelle identité. Chaque appel est signé, répété en cas d’échec et consigné ici.
add-first = Ajouter le premier
