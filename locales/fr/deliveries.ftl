# Les livraisons en attente, retenues ou échouées, et ce que l’on peut en faire.
send-again = Renvoyer…
send-held = { $count ->
    [one] Envoyer l’événement retenu ({ NUMBER($count) })
   *[other] Envoyer les événements retenus ({ NUMBER($count) })
}
send-held-many = Envoyer les événements retenus (plus de { NUMBER($count) })
heading = Renvoyer
range = Créés
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
    [one] { NUMBER($count) } retenu
   *[other] { NUMBER($count) } retenus
}
many-failed = plus de { NUMBER($count) } échecs définitifs
many-held = plus de { NUMBER($count) } retenus
nothing = Rien n’a définitivement échoué dans cette période, et rien n’est retenu.
send-chosen = Les renvoyer
order = Le plus ancien part d’abord. Si le destinataire l’accepte, les autres suivent.
enable-first = Activez d’abord le webhook ; ils pourront ensuite être envoyés.
discard-held = Abandonner les événements retenus…
discard-waiting = Abandonner les livraisons en attente…
discard-held-why = { $count ->
    [one] { NUMBER($count) } événement retenu n’est pas envoyé et ne pourra plus l’être. Il reste dans la liste des événements.
   *[other] { NUMBER($count) } événements retenus ne sont pas envoyés et ne pourront plus l’être. Ils restent dans la liste des événements.
}
discard-waiting-why = { $count ->
    [one] { NUMBER($count) } livraison en attente n’est pas envoyée. Ce qui est en route à cet instant arrive encore.
   *[other] { NUMBER($count) } livraisons en attente ne sont pas envoyées. Ce qui est en route à cet instant arrive encore.
}
discard = Les abandonner
keep = Continuer de retenir
send-now = Les envoyer maintenant
were-held = { $count ->
    [one] { NUMBER($count) } événement est encore retenu.
   *[other] { NUMBER($count) } événements sont encore retenus.
}
were-held-many = Plus de { NUMBER($count) } événements sont encore retenus.
try-now = Essayer maintenant
cancel = Annuler
cancel-which = Annuler la livraison de { $event }

done-sent = { $count ->
    [0] Rien n’a été renvoyé : rien n’a échoué ni n’est retenu dans cette période.
    [one] { NUMBER($count) } livraison a été remise en file.
   *[other] { NUMBER($count) } livraisons ont été remises en file.
}
done-discarded = { $count ->
    [0] Il n’y avait rien à abandonner.
    [one] { NUMBER($count) } livraison a été abandonnée.
   *[other] { NUMBER($count) } livraisons ont été abandonnées.
}
done-partly = { NUMBER($count) } jusqu’ici ; il y en a d’autres.
go-on = Continuer
stop = S’arrêter là
done-tried = La plus ancienne livraison en attente est essayée maintenant.
done-cancelled = La livraison a été annulée.

paused = En pause après { $failures } échecs de suite. Un appel est essayé toutes les { $every } jusqu’à ce que l’un réussisse.
paused-asked = Le destinataire a demandé une pause (Retry-After).
paused-next = Prochain essai dans { $time }.
paused-trying = Un appel est essayé en ce moment.
paused-waiting = { $count ->
    [0] Rien n’attend derrière.
    [one] { NUMBER($count) } livraison attend derrière.
   *[other] { NUMBER($count) } livraisons attendent derrière.
}
paused-waiting-many = Plus de { NUMBER($count) } livraisons attendent derrière.
paused-node = C’est l’état du nœud qui a produit cette page ; les autres nœuds décident pour eux-mêmes.

list-waiting = Livraisons en attente
list-held = Livraisons retenues
waiting = En attente
held-choice = Retenues
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
no-due = –
none-waiting = Aucune livraison n’attend.
none-held = Aucune livraison n’est retenue.
older = Suivantes
first-page = Première page
unknown-event = (n’est plus conservé)
span-seconds = { NUMBER($count) } s
span-minutes = { NUMBER($count) } min
span-hours = { NUMBER($count) } h
span-days = { NUMBER($count) } jours
