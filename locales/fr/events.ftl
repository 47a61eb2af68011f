# Les types d’événements du catalogue.
identity-created-name = Identité créée
identity-created-summary = Une personne a été ajoutée.
identity-created-description = Envoyé quand une personne est ajoutée, à la main, en libre-service ou par synchronisation avec un autre système. Contient l’identité entière telle qu’enregistrée.

identity-updated-name = Identité modifiée
identity-updated-summary = Quelque chose a changé pour une personne.
identity-updated-description = Envoyé quand quoi que ce soit change pour une personne : nom, coordonnées, emploi, statut, dates ou champs personnalisés. Contient l’identité entière après la modification, et la liste des champs modifiés avec leurs anciennes et nouvelles valeurs.

identity-deleted-name = Identité supprimée
identity-deleted-summary = Une personne a été supprimée.
identity-deleted-description = Envoyé quand une personne est supprimée définitivement ; une simple désactivation donne une modification avec le statut `inactive`. Contient l’identité telle qu’elle était en dernier.

identity-request-created-name = Demandes d’identité créées
identity-request-created-summary = Quelqu’un a demandé d’ajouter ou de modifier des personnes.
identity-request-created-description = Envoyé quand quelqu’un demande d’ajouter ou de modifier des personnes, par exemple l’arrivée d’un ou de plusieurs nouveaux. Contient la demande, les personnes concernées et celles qui doivent l’approuver.

identity-request-updated-name = Demandes d’identité modifiées
identity-request-updated-summary = Une demande sur des personnes a avancé ou a été décidée.
identity-request-updated-description = Envoyé quand une demande sur des personnes change : un approbateur a décidé, ou elle a été approuvée, refusée, annulée ou a expiré. Contient la demande entière après la modification, et son statut précédent.

access-request-created-name = Demandes d’accès créées
access-request-created-summary = Quelqu’un a demandé l’accès à une zone.
access-request-created-description = Envoyé quand quelqu’un demande l’accès à une zone, pour un temps ou sans fin. Contient la demande : la zone, la personne concernée et celles qui doivent l’approuver.

access-request-updated-name = Demandes d’accès modifiées
access-request-updated-summary = Une demande d’accès a avancé ou a été décidée.
access-request-updated-description = Envoyé quand une demande d’accès change : un approbateur a décidé, ou elle a été approuvée, refusée, annulée ou a expiré. Contient la demande entière après la modification, et son statut précédent.

visit-created-name = Visite créée
visit-created-summary = Une visite a été demandée.
visit-created-description = Envoyé quand une visite est demandée. Contient la visite : son site et ses horaires, l’hôte et chaque visiteur attendu.

visit-updated-name = Visite modifiée
visit-updated-summary = Une visite ou ses visiteurs ont changé.
visit-updated-description = Envoyé quand une visite change : elle a été approuvée, refusée, déplacée ou annulée, ou un visiteur est arrivé ou reparti. Contient la visite entière après la modification, et son statut précédent.

role-membership-changed-name = Membres d’un rôle modifiés
role-membership-changed-summary = Une personne a rejoint ou quitté un rôle.
role-membership-changed-description = Envoyé quand une personne est ajoutée à un rôle ou en est retirée ; le changement de plusieurs membres donne un événement pour chacun. Contient le rôle, le membre, et ce qui s’est passé.
