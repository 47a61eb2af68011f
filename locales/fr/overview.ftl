# La vue d’ensemble.
lead = Les dernières 24 heures, et ce qui demande votre attention.
figures = Chiffres
rate = Taux de réussite
rate-whole = { NUMBER($whole) } %
rate-exact = { NUMBER($whole) },{ NUMBER($tenth) } %
no-rate = –
waiting = Livraisons en attente
enabled = Webhooks activés
failing = Webhooks en échec
disabled = Webhooks désactivés
waiting-hint = Livraisons en cours, ou qui seront essayées de nouveau
plain = { NUMBER($count) }
more-than = > { NUMBER($count) }
hourly = Appels par heure
no-callbacks = Aucun appel dans les dernières 24 heures.
troubles = Ce qui demande attention
webhook = Webhook
why = Pourquoi
last = Dernière réponse
held = { $count ->
    [one] { NUMBER($count) } livraison est retenue : son événement est arrivé quand le webhook était désactivé.
   *[other] { NUMBER($count) } livraisons sont retenues : leurs événements sont arrivés quand le webhook était désactivé.
}
held-many = Plus de { NUMBER($count) } livraisons sont retenues : leurs événements sont arrivés quand le webhook était désactivé.
all-failing = Tous les webhooks en échec
all-disabled = Tous les webhooks désactivés
well = Rien ne demande votre attention
well-why = Aucun webhook n’échoue, clearhook n’en a désactivé aucun, et rien n’est retenu.
