# Les clés d’API, les utilisateurs, les propriétaires de webhooks.
search = Rechercher
older = Plus anciens
show-all = Tout afficher
nothing-found = Aucun résultat
cancel = Annuler
created = Création
status = État
never = Jamais
shown-once = À copier maintenant : cette valeur ne sera plus affichée.

api-keys = Clés d’API
api-keys-lead = Les programmes publient des événements et appellent l’API avec des clés d’API.
api-keys-search-hint = Nom ou début de la clé
api-key-create = Créer une clé d’API
api-keys-none = Pas encore de clé d’API
api-keys-none-why = Un programme qui publie des événements a besoin d’une clé avec l’autorisation events:write. Donnez à chaque programme sa propre clé, pour pouvoir la révoquer seule.
api-keys-nothing = Aucune clé ne porte ce nom ni ne commence ainsi.
api-keys-count = { $count ->
    [one] { NUMBER($count) } clé
   *[other] { NUMBER($count) } clés
}
key-name = Nom
key-name-hint = Le programme qui l’utilisera, par exemple « Synchro RH ».
key-is = Clé de « { $name } »
scopes = Autorisations
scopes-hint = Donnez à un programme ce qu’il lui faut, et rien de plus.
expires = Expiration
expires-hint = Le dernier jour où elle est acceptée. Sans date, elle est acceptée jusqu’à sa révocation.
expires-presets = Durées courantes
expires-in = { $days ->
    [one] { NUMBER($days) } jour
   *[other] { NUMBER($days) } jours
}
expires-never = Jamais
expires-never-why = Une clé sans dernier jour est acceptée jusqu’à sa révocation, même si elle a été perdue ou si son programme n’existe plus. Notez quand la remplacer.
last-used = Dernière utilisation
key-live = Active
key-expired = Expirée
key-revoked = Révoquée
revoke = Révoquer
revoke-label = Révoquer { $name }
revoke-why = Les programmes qui utilisent « { $name } » sont refusés immédiatement. C’est définitif.
revoke-now = Révoquer la clé
revoked-done = La clé a été révoquée. Les programmes qui l’utilisent sont refusés désormais.
key-made = La clé d’API a été créée
key-made-why = Donnez-la maintenant au programme. clearhook n’en garde qu’une empreinte et ne peut plus la montrer.
key-to-list = Toutes les clés d’API
scope-events-write-name = Publier des événements
scope-events-write = Envoyer des événements à clearhook.
scope-event-types-write-name = Gérer les types d’événements
scope-event-types-write = Ajouter, modifier, importer et archiver des types d’événements.
scope-webhooks-read-name = Lire les webhooks
scope-webhooks-read = Lire les webhooks, sans leurs secrets.
scope-webhooks-write-name = Gérer les webhooks
scope-webhooks-write = Ajouter, modifier et supprimer des webhooks ; envoyer des événements de test ; renvoyer, annuler ou abandonner des livraisons.
scope-callbacks-read-name = Lire les journaux
scope-callbacks-read = Lire les événements, les livraisons, les appels et leurs statistiques.
scope-metrics-read-name = Lire les métriques
scope-metrics-read = Lire les métriques du service.
scope-admin-name = Gérer les utilisateurs et les clés d’API
scope-admin = Gérer les utilisateurs et les clés d’API, et lire le journal d’audit. Un programme avec cette clé peut créer des clés avec toutes les autorisations.

users = Utilisateurs
users-lead = Les administrateurs peuvent tout faire. Les propriétaires d’API peuvent consulter leurs webhooks.
users-search-hint = Adresse e-mail
user-add = Ajouter un utilisateur
users-nothing = Aucune adresse e-mail ne contient ce texte.
users-count = { $count ->
    [one] { NUMBER($count) } utilisateur
   *[other] { NUMBER($count) } utilisateurs
}
email = E-mail
role = Rôle
role-administrator = Administrateur
role-api-owner = Propriétaire d’API
role-administrator-why = Peut tout consulter et tout modifier.
role-api-owner-why = Peut consulter ses webhooks et leurs journaux.
last-sign-in = Dernière connexion
user-active = Actif
user-disabled = Désactivé
password = Mot de passe
password-hint = Laissez vide pour qu’il soit généré.
password-of = Mot de passe de { $email }
user-made = L’utilisateur a été ajouté
user-made-why = Transmettez le mot de passe par un moyen sûr ; il se change sous Compte après la première connexion.
user-to-list = Tous les utilisateurs
role-why = Prend effet immédiatement.
role-save = Changer le rôle
password-why = Pour qui a perdu le sien. La personne est déconnectée partout.
password-reset = Réinitialiser le mot de passe
password-made = Le mot de passe a été réinitialisé
access = Accès
access-why = Un utilisateur désactivé est déconnecté immédiatement et ne peut plus se connecter. Ce qu’il a fait reste dans le journal d’audit.
disable-label = Désactiver { $email }
disable-ask = Désactiver…
disable-why = { $email } est déconnecté immédiatement et ne peut plus se connecter tant qu’il n’est pas activé de nouveau.
enable = Activer
owned = Webhooks
owned-why = Les webhooks de cet utilisateur.
owned-none = Aucun. Les propriétaires se choisissent sur le webhook, sous Général.
changes = Modifications dans le journal d’audit
saved-password = Le mot de passe a été réinitialisé ; la personne est déconnectée partout.
saved-role = Le rôle a été changé.
saved-disabled = L’utilisateur a été désactivé et déconnecté.
saved-enabled = L’utilisateur a été activé et peut de nouveau se connecter.
yourself = C’est votre propre compte. Votre rôle et votre accès relèvent d’un autre administrateur.

owners = Propriétaires
owners-hint = Les propriétaires d’API peuvent consulter ce webhook et son journal, mais pas le modifier.
owners-none = Il n’y a pas encore de propriétaire d’API.
owners-add = Ajouter un propriétaire d’API

second-factor = Second facteur
second-factor-why = Pour qui a perdu son appareil et ses codes de secours. La personne est déconnectée partout et peut en configurer un nouveau.
second-factor-reset = Désactiver le second facteur
saved-second-factor = Le second facteur a été désactivé ; la personne est déconnectée partout.
own-password = Votre propre mot de passe
owners-filter = Filtrer les propriétaires
owners-chosen = Choisis : { NUMBER($chosen) } sur { NUMBER($count) }
owners-filter-now = Filtrer
owners-remove = Retirer le propriétaire : { $email }
owners-no-match = Aucun utilisateur ne correspond au filtre.
owners-list = Propriétaires choisis
