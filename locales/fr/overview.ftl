# La vue d’ensemble.
lead = Les dernières 24 heures, et ce qui demande votre attention.
figures = Chiffres
rate = Taux de réussite
rate-whole = { NUMBER($whole) } %
rate-exact = { NUMBER($whole) },{ NUMBER($tenth) } %
no-rate = –
rate-up = ▲ { NUMBER($whole) },{ NUMBER($tenth) } par rapport à la veille
rate-down = ▼ { NUMBER($whole) },{ NUMBER($tenth) } par rapport à la veille
rate-same = Comme la veille
waiting = Livraisons en attente
enabled = Webhooks activés
failing = Webhooks en échec
disabled = Webhooks désactivés
waiting-hint = En cours d’envoi, ou réessayées plus tard
waiting-behind = { $webhooks ->
    [one] dont { NUMBER($count) } pour un webhook en échec
   *[other] dont { NUMBER($count) } pour { NUMBER($webhooks) } webhooks en échec
}
waiting-behind-more = { $webhooks ->
    [one] dont plus de { NUMBER($count) } pour un webhook en échec
   *[other] dont plus de { NUMBER($count) } pour { NUMBER($webhooks) } webhooks en échec
}
plain = { NUMBER($count) }
more-than = > { NUMBER($count) }
hourly = Appels par heure
open-webhooks = Ouvrir les webhooks
no-callbacks = Aucun appel dans les dernières 24 heures.
troubles = À traiter
webhook = Webhook
why = Pourquoi
last = Dernière réponse
actions = Actions
failing-for = En échec depuis { $span }
failing-now = En échec depuis un instant
waiting-short = { NUMBER($count) } en attente
waiting-many = > { NUMBER($count) } en attente
disabled-in = désactivé dans { $span } sauf rétablissement
open-log = Ouvrir le journal
open-log-of = Ouvrir le journal de { $name }
send-held = Envoyer
send-held-of = Envoyer les livraisons retenues de { $name }
held = { $count ->
    [one] { NUMBER($count) } livraison retenue pendant la désactivation.
   *[other] { NUMBER($count) } livraisons retenues pendant la désactivation.
}
held-many = Plus de { NUMBER($count) } livraisons retenues pendant la désactivation.
all-failing = Les { NUMBER($count) } webhooks en échec
all-disabled = Tous les webhooks désactivés
well = Tout va bien : aucun webhook n’est en échec, clearhook n’en a désactivé aucun et rien n’est retenu.
busiest = Webhooks les plus actifs
slowest = Webhooks les plus lents
event-types = Types d’événements
recent = Sur les { NUMBER($count) } derniers appels, depuis { $time }
callbacks = { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}
on-average = { $span } en moyenne

# Premiers pas.
start = Premiers pas
start-progress = Étapes faites : { NUMBER($done) } sur { NUMBER($all) }
start-done = Fait
start-open = À faire
start-webhook = Ajouter un webhook
start-webhook-why = L’URL à appeler, et les événements à envoyer.
start-test = Envoyer un événement de test
start-test-why = Depuis le menu d’un webhook dans la liste, ou sur sa page.
start-key = Créer une clé d’API
start-key-why = Les programmes s’en servent pour publier des événements.
start-publish = Publier un événement
start-publish-why = Mettez votre clé d’API à la place de YOUR_KEY :
start-factor = Activer le second facteur
start-factor-why = Il protège votre compte même si votre mot de passe fuit.
start-hide = Masquer cette liste
copy = Copier
command = Commande qui publie un événement

# Appels par type d’événement.
volume-up = ▲ { NUMBER($percent) } % par rapport à la veille
volume-down = ▼ { NUMBER($percent) } % par rapport à la veille
volume-same = Autant que la veille
by-type = Appels par type d’événement
other-types = { $count ->
    [one] { NUMBER($count) } autre
   *[other] { NUMBER($count) } autres
}
type-count = { $name } : { NUMBER($count) }
type-bar = { $from } à { $to } : { $counts }

# Le plan des flux.
flows = Quels événements vont où
flow = { $event } vers { $webhook } : { $count ->
    [one] { NUMBER($count) } appel
   *[other] { NUMBER($count) } appels
}, dont { NUMBER($failed) } en échec
flow-failed = { NUMBER($count) } en échec
other-webhooks = { $count ->
    [one] { NUMBER($count) } autre
   *[other] { NUMBER($count) } autres
}
