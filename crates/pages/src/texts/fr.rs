//! The pages' sentences in French.

use super::{Message, Opening, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Partage d’images médicales",
    what_you_can_do: "Ce que vous pouvez faire",
    valid_from: "Valable à partir du",
    valid_until: "Valable jusqu’au",
    date: "{day} {month} {year} à\u{a0}{hour}\u{a0}h\u{a0}{minute}",
    first_day: "1er",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    missing_token: Message {
        title: "Ce lien est incomplet",
        what: "Il manque une partie du lien. Cela peut arriver lorsqu’un long lien est copié ou qu’un \
               message le coupe sur deux lignes.",
        advice: "Veuillez ouvrir le lien directement depuis le message que vous avez reçu. S’il ne \
                 fonctionne toujours pas, demandez un nouveau lien à la personne ou à l’hôpital qui \
                 vous l’a envoyé.",
    },
    invalid: Message {
        title: "Ce lien ne fonctionne pas",
        what: "Nous ne reconnaissons pas ce lien. Il a peut-être été modifié ou coupé avant de vous parvenir.",
        advice: "Veuillez ouvrir à nouveau le lien depuis le message que vous avez reçu. S’il ne \
                 fonctionne toujours pas, demandez un nouveau lien à la personne ou à l’hôpital qui \
                 vous l’a envoyé.",
    },
    not_yet_valid: Message {
        title: "Ce lien n’est pas encore utilisable",
        what: "Les images auxquelles ce lien donne accès seront disponibles ultérieurement.",
        advice: "Veuillez conserver le message contenant le lien et ouvrir à nouveau le lien lorsqu’il \
                 sera valable.",
    },
    expired: Message {
        title: "Ce lien a expiré",
        what: "Afin de protéger la vie privée, les liens vers des images médicales ne fonctionnent que \
               pendant une durée limitée. Pour ce lien, cette durée est écoulée.",
        advice: "Si vous avez encore besoin des images, veuillez demander un nouveau lien à la personne \
                 ou à l’hôpital qui vous l’a envoyé.",
    },
    revoked: Message {
        title: "Ce lien a été retiré",
        what: "La personne ou l’hôpital qui a envoyé ce lien l’a retiré. Il ne donne plus accès aux images.",
        advice: "Si vous avez encore besoin des images, veuillez contacter la personne ou l’hôpital qui \
                 vous a envoyé le lien.",
    },
    used_up: Message {
        title: "Ce lien a déjà été utilisé",
        what: "Ce lien n’ouvre les images qu’un nombre limité de fois. Il a été ouvert autant de fois que \
               cela est permis.",
        advice: "Si vous avez encore besoin des images, veuillez demander un nouveau lien à la personne \
                 ou à l’hôpital qui vous l’a envoyé. Si ce n’est pas vous qui l’avez ouvert, veuillez le \
                 signaler.",
    },
    locked: Message {
        title: "Ce lien a été bloqué",
        what: "Un code erroné a été saisi trop souvent. Afin de protéger les images, ce lien ne s’ouvre \
               plus, même avec le bon code.",
        advice: "Veuillez demander un nouveau lien à la personne ou à l’hôpital qui vous l’a envoyé. Si \
                 ce n’est pas vous qui avez saisi les codes, veuillez le signaler.",
    },
    viewer_unavailable: Message {
        title: "Les images ne peuvent pas être affichées pour le moment",
        what: "Votre lien est valable, mais le programme qui affiche les images est momentanément \
               indisponible.",
        advice: "Veuillez ouvrir à nouveau le lien dans quelques minutes. S’il ne fonctionne toujours \
                 pas, contactez la personne ou l’hôpital qui vous l’a envoyé.",
    },
    viewer_timeout: Message {
        title: "Les images mettent trop de temps à s’ouvrir",
        what: "Votre lien est valable, mais le programme qui affiche les images n’a pas répondu à temps.",
        advice: "Veuillez patienter quelques minutes, puis ouvrir à nouveau le lien. S’il ne fonctionne \
                 toujours pas, contactez la personne ou l’hôpital qui vous l’a envoyé.",
    },
    unavailable: Message {
        title: "Le lien ne peut pas être vérifié pour le moment",
        what: "Le service qui vérifie ce lien est momentanément indisponible. Vous n’y êtes pour rien.",
        advice: "Veuillez réessayer plus tard. Si cela ne fonctionne toujours pas, veuillez en informer \
                 la personne ou l’hôpital qui vous a envoyé le lien.",
    },
    misconfigured: Message {
        title: "Un problème est survenu de notre côté",
        what: "Le lien ne peut pas être ouvert en raison d’une erreur de ce service. Vous n’y êtes pour rien.",
        advice: "Veuillez réessayer plus tard. Si le problème persiste, veuillez en informer la personne \
                 ou l’hôpital qui vous a envoyé le lien.",
    },
    not_found: Message {
        title: "Cette page n’existe pas",
        what: "Il n’y a aucune page à cette adresse. L’adresse n’a peut-être pas été saisie ou copiée en \
               entier.",
        advice: "Veuillez ouvrir le lien directement depuis le message que vous avez reçu.",
    },
    method_not_allowed: Message {
        title: "Cette page ne peut pas être ouverte ainsi",
        what: "La page a été demandée d’une manière qui n’est pas possible ici.",
        advice: "Veuillez ouvrir le lien dans un navigateur, directement depuis le message que vous avez \
                 reçu.",
    },
    opening: Opening {
        with_code: Message {
            title: "Saisissez le code pour voir les images",
            what: "Une personne ou un hôpital a partagé des images médicales avec vous. Elles sont \
                   protégées par un code que vous recevez séparément du lien, par exemple par téléphone.",
            advice: "Si vous n’avez pas le code, veuillez le demander à la personne ou à l’hôpital qui \
                     vous a envoyé le lien.",
        },
        without_code: Message {
            title: "Des images médicales ont été partagées avec vous",
            what: "Une personne ou un hôpital vous a envoyé ce lien pour que vous puissiez voir des \
                   images médicales. Le bouton les ouvre.",
            advice: "Veuillez ne continuer que si vous attendiez ces images. Si vous ne savez pas qui \
                     vous a envoyé le lien, fermez cette page.",
        },
        counted: "Ce lien ne s’ouvre qu’un nombre limité de fois. Veuillez continuer lorsque vous voudrez \
                  regarder les images.",
        code: "Code",
        open: "Ouvrir les images",
        missing_code: "Veuillez saisir le code.",
        wrong_code: "Ce code n’est pas le bon. Veuillez le vérifier et le saisir à nouveau.",
        attempts_left: "Nombre d’essais restants\u{a0}: {left}.",
    },
};
