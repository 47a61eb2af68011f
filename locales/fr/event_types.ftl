# Le catalogue : ce qui peut se passer, et ce que contient un appel.
title = Types d’événements
lead = Ce qu’un webhook peut écouter, et ce que contient chaque appel.
name = Événement
key = Type
meaning = Signification
webhooks = Webhooks
webhooks-of = { $count ->
    [one] { NUMBER($count) } webhook écoute { $event }
   *[other] { NUMBER($count) } webhooks écoutent { $event }
}
webhooks-after = { $count ->
    [one] webhook
   *[other] webhooks
}
download-schema = Télécharger le schéma
download-example = Télécharger l’exemple
fields = Champs
fields-why = Le corps de chaque appel. Ce qui n’est pas marqué comme requis peut manquer ou être null.
required = requis
within = { $count ->
    [one] { NUMBER($count) } champ
   *[other] { NUMBER($count) } champs
}
example = Exemple
example-of = Exemple : { $event }
used-by = Webhooks qui l’utilisent
used-by-none = Aucun webhook n’écoute encore cet événement.
used-by-none-own = Aucun de vos webhooks n’écoute cet événement.
used-by-first = { NUMBER($shown) } des { NUMBER($count) } webhooks, par nom
used-by-all = Tout afficher
every-type = Tous les événements
