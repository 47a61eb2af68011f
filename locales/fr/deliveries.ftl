# Les livraisons en attente, retenues ou en échec définitif, et ce que l’on peut en faire.
send-again = Renvoyer…
send-held = { $count ->
    [one] Envoyer la livraison retenue ({ NUMBER($count) })
   *[other] Envoyer les livraisons retenues ({ NUMBER($count) })
}
send-held-many = Envoyer les livraisons retenues (plus de { NUMBER($count) })
heading = Renvoyer
range = Créées
range-all = À tout moment
range-custom = Dans cette période
from = Du
to = au
count-them = Compter
failed = { $count ->
    [one] { NUMBER($count) } échec définitif
   *[other] { NUMBER($count) } échecs définitifs
}
held = { $count ->
    [one] { NUMBER($count) } retenue
   *[other] { NUMBER($count) } retenues
}
many-failed = plus de { NUMBER($count) } échecs définitifs
many-held = plus de { NUMBER($count) } retenues
nothing = Dans cette période, aucune livraison n’est en échec définitif ni retenue.
send-chosen = Les renvoyer
order = La plus ancienne part d’abord. Si le destinataire l’accepte, les autres suivent.
enable-first = Activez d’abord le webhook ; elles pourront ensuite être envoyées.
discard-held = Abandonner celles retenues…
discard-waiting = Abandonner celles en attente…
discard-held-why = { $count ->
    [one] { NUMBER($count) } livraison retenue n’est pas envoyée, ni maintenant ni plus tard. Son événement est conservé.
   *[other] { NUMBER($count) } livraisons retenues ne sont pas envoyées, ni maintenant ni plus tard. Leurs événements sont conservés.
}
discard-waiting-why = { $count ->
    [one] { NUMBER($count) } livraison en attente n’est pas envoyée. Ce qui est en route à cet instant arrive encore.
   *[other] { NUMBER($count) } livraisons en attente ne sont pas envoyées. Ce qui est en route à cet instant arrive encore.
}
discard-held-why-many = Plus de { NUMBER($count) } livraisons retenues ne sont pas envoyées, ni maintenant ni plus tard. Leurs événements sont conservés.
discard-waiting-why-many = Plus de { NUMBER($count) } livraisons en attente ne sont pas envoyées. Ce qui est en route à cet instant arrive encore.
discard = Les abandonner
keep = Continuer de retenir
send-now = Les envoyer maintenant
were-held = { $count ->
    [one] { NUMBER($count) } livraison est encore retenue.
   *[other] { NUMBER($count) } livraisons sont encore retenues.
}
were-held-many = Plus de { NUMBER($count) } livraisons sont encore retenues.
try-now = Essayer maintenant
cancel = Annuler la livraison
cancel-ask = Annuler…
cancel-why = La livraison n’est jamais envoyée. L’événement reste dans la liste des événements.
cancel-which = Annuler… la livraison de { $event }
send-one = Envoyer
send-which = Envoyer la livraison de { $event }
send-one-again = Renvoyer
send-which-again = Renvoyer la livraison de { $event }
callbacks-of = Appels de { $message }

done-sent = { $count ->
    [0] Rien n’est renvoyé : dans cette période, aucune livraison n’est en échec définitif ni retenue.
    [one] { NUMBER($count) } livraison est renvoyée.
   *[other] { NUMBER($count) } livraisons sont renvoyées.
}
done-nothing-chosen = Rien n’est envoyé : choisissez ce qu’il faut envoyer, les livraisons en échec définitif ou celles qui sont retenues.
done-discarded = { $count ->
    [0] Il n’y avait rien à abandonner.
    [one] { NUMBER($count) } livraison a été abandonnée.
   *[other] { NUMBER($count) } livraisons ont été abandonnées.
}
done-partly = { NUMBER($count) } jusqu’ici ; il y en a d’autres.
sending-again = Nouvel envoi des livraisons
discarding = Abandon des livraisons
go-on = Continuer
stop = S’arrêter là
done-tried = La plus ancienne livraison en attente est envoyée maintenant.
done-redelivered = La livraison est en cours d’envoi.
done-cancelled = La livraison a été annulée.

paused = En pause après { $failures } échecs de suite. Un appel est envoyé comme sonde toutes les { $every } jusqu’à ce que l’un réussisse.
paused-asked = Le destinataire a demandé une pause (Retry-After).
paused-next = Prochaine sonde dans { $time }.
paused-until-event = Le prochain événement est envoyé comme sonde, au plus tôt dans { $time }.
paused-trying = Une sonde est envoyée en ce moment.
paused-waiting = { $count ->
    [0] Rien n’attend derrière.
    [one] { NUMBER($count) } livraison attend derrière.
   *[other] { NUMBER($count) } livraisons attendent derrière.
}
paused-waiting-many = Plus de { NUMBER($count) } livraisons attendent derrière.
paused-node = C’est l’état du nœud qui a produit cette page ; les autres nœuds décident pour eux-mêmes.

list-waiting = Livraisons en attente
list-held = Livraisons retenues
list-failed = Livraisons en échec définitif
waiting = En attente
held-choice = Retenues
failed-choice = En échec définitif
column-event = Événement
column-subject = Sujet
column-state = État
column-due = Échéance
column-attempts = Tentatives
column-created = Créée
column-actions = Actions
state-due = Attend son échéance
state-now = À envoyer maintenant
state-paused = Attend : les appels sont en pause
state-parked = Attend un événement antérieur du même sujet
state-sending = En cours d’envoi
state-held = Retenue pendant que le webhook était désactivé
state-failed = En échec définitif
no-due = –
none-waiting = Aucune livraison n’attend.
none-held = Aucune livraison n’est retenue.
none-failed = Aucune livraison n’est en échec définitif.
older = Suivantes
first-page = Première page
unknown-event = (n’est plus conservé)
span-seconds = { NUMBER($count) } s
span-minutes = { NUMBER($count) } min
span-hours = { NUMBER($count) } h
span-days = { NUMBER($count) } jours
