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
last-day = Dernières 24 heures
actions = Actions
all-events = Tous les événements
any-status = Tous les états
enable = Activer
enable-which = Activer { $name }
disable = Désactiver
disable-which = Désactiver { $name }
failing-since = Tous les appels échouent depuis le { $time }.
day = Dernières 24 heures : { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}, dont { NUMBER($failed) } en échec
range = { NUMBER($first) } à { NUMBER($last) } sur { NUMBER($count) } webhooks
no-callback-yet = Pas encore d’appel
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
nothing-found = Aucun résultat
nothing-found-why = Aucun webhook ne correspond. La recherche porte sur le nom, l’URL et la description ; l’événement et l’état la restreignent.
show-all = Tout afficher
none = Pas encore de webhook
none-why = Un webhook est une adresse HTTPS à vous que clearhook appelle quand un événement survient, par exemple une nouvelle identité. Chaque appel est signé, répété en cas d’échec et consigné ici.
none-step-add = Ajoutez un webhook : l’adresse à appeler, et les événements qu’il écoute.
none-step-publish = Faites publier un événement par un de vos services, ou envoyez un événement de test.
none-step-read = Lisez ici ce qui a été envoyé, où, et ce qui a été répondu.
none-owner = Aucun webhook ne vous appartient encore. Un administrateur peut vous en confier un ; il apparaîtra ici, avec son journal.
add-first = Ajouter le premier
deleted = Le webhook a été supprimé.
