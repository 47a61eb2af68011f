# La référence de l’API HTTP.
title = API HTTP
lead = Chaque opération, avec son autorisation, ses paramètres, ses corps et un exemple. Les programmes lisent la même chose sous forme de document OpenAPI 3.1.
document = Document OpenAPI
operations = Opérations
no-key = Sans clé d’API
parameters = Paramètres
body = Corps
body-optional = Corps (facultatif)
example = Exemple
responses = Réponses
response-body = Corps de la réponse
command = Commande
copy-command = Copier la commande de « { $name } »
link = Référence de l’API
