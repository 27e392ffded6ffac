//! The pages' sentences in Dutch.

use super::{Message, Opening, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Gedeelde medische beelden",
    what_you_can_do: "Wat u kunt doen",
    valid_from: "Geldig vanaf",
    valid_until: "Geldig tot",
    date: "{day} {month} {year}, {hour}:{minute}\u{a0}uur",
    first_day: "1",
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    missing_token: Message {
        title: "Deze link is niet volledig",
        what: "Een deel van de link ontbreekt. Dat kan gebeuren wanneer een lange link wordt gekopieerd \
               of in een bericht over twee regels wordt verdeeld.",
        advice: "Open de link rechtstreeks vanuit het bericht dat u hebt ontvangen. Werkt de link nog \
                 steeds niet, vraag dan een nieuwe link aan de persoon of zorginstelling die u de link \
                 heeft gestuurd.",
    },
    invalid: Message {
        title: "Deze link werkt niet",
        what: "Wij herkennen deze link niet. Mogelijk is de link onderweg gewijzigd of afgebroken.",
        advice: "Open de link nogmaals vanuit het bericht dat u hebt ontvangen. Werkt de link nog \
                 steeds niet, vraag dan een nieuwe link aan de persoon of zorginstelling die u de link \
                 heeft gestuurd.",
    },
    not_yet_valid: Message {
        title: "Deze link is nog niet geldig",
        what: "De beelden achter deze link zijn pas op een later tijdstip beschikbaar.",
        advice: "Bewaar het bericht met de link en open de link opnieuw zodra deze geldig is.",
    },
    expired: Message {
        title: "Deze link is verlopen",
        what: "Om de privacy te beschermen werken links naar medische beelden maar een beperkte tijd. \
               Voor deze link is die tijd voorbij.",
        advice: "Hebt u de beelden nog nodig, vraag dan een nieuwe link aan de persoon of \
                 zorginstelling die u de link heeft gestuurd.",
    },
    revoked: Message {
        title: "Deze link is ingetrokken",
        what: "De persoon of zorginstelling die deze link heeft verstuurd, heeft de link ingetrokken. \
               De link geeft geen toegang meer tot de beelden.",
        advice: "Hebt u de beelden nog nodig, neem dan contact op met de persoon of zorginstelling die \
                 u de link heeft gestuurd.",
    },
    used_up: Message {
        title: "Deze link is al gebruikt",
        what: "Deze link opent de beelden maar een beperkt aantal keren. De link is zo vaak geopend als \
               is toegestaan.",
        advice: "Hebt u de beelden nog nodig, vraag dan een nieuwe link aan de persoon of zorginstelling \
                 die u de link heeft gestuurd. Hebt u de link niet zelf geopend, laat dat dan weten.",
    },
    locked: Message {
        title: "Deze link is geblokkeerd",
        what: "Er is te vaak een verkeerde code ingevoerd. Om de beelden te beschermen gaat deze link \
               niet meer open, ook niet met de juiste code.",
        advice: "Vraag een nieuwe link aan de persoon of zorginstelling die u de link heeft gestuurd. \
                 Hebt u zelf geen code ingevoerd, laat dat dan weten.",
    },
    viewer_unavailable: Message {
        title: "De beelden kunnen op dit moment niet worden getoond",
        what: "Uw link is geldig, maar het programma dat de beelden toont, is nu niet beschikbaar.",
        advice: "Open de link over enkele minuten opnieuw. Werkt de link nog steeds niet, neem dan \
                 contact op met de persoon of zorginstelling die u de link heeft gestuurd.",
    },
    viewer_timeout: Message {
        title: "Het openen van de beelden duurt te lang",
        what: "Uw link is geldig, maar het programma dat de beelden toont, heeft niet op tijd \
               geantwoord.",
        advice: "Wacht enkele minuten en open de link dan opnieuw. Werkt de link nog steeds niet, neem \
                 dan contact op met de persoon of zorginstelling die u de link heeft gestuurd.",
    },
    unavailable: Message {
        title: "De link kan op dit moment niet worden gecontroleerd",
        what: "De dienst die deze link controleert, is nu niet beschikbaar. U hebt niets verkeerd gedaan.",
        advice: "Probeer het later nog eens. Werkt het nog steeds niet, laat het dan weten aan de persoon \
                 of zorginstelling die u de link heeft gestuurd.",
    },
    misconfigured: Message {
        title: "Er is een probleem aan onze kant",
        what: "Door een fout in deze dienst kan de link niet worden geopend. U hebt niets verkeerd \
               gedaan.",
        advice: "Probeer het later nog eens. Blijft het probleem bestaan, laat het dan weten aan de \
                 persoon of zorginstelling die u de link heeft gestuurd.",
    },
    not_found: Message {
        title: "Deze pagina bestaat niet",
        what: "Er is geen pagina op dit adres. Mogelijk is het adres niet volledig ingevoerd of \
               gekopieerd.",
        advice: "Open de link rechtstreeks vanuit het bericht dat u hebt ontvangen.",
    },
    method_not_allowed: Message {
        title: "Deze pagina kan niet op deze manier worden geopend",
        what: "De pagina is opgevraagd op een manier die hier niet mogelijk is.",
        advice: "Open de link in een webbrowser, rechtstreeks vanuit het bericht dat u hebt ontvangen.",
    },
    opening: Opening {
        with_code: Message {
            title: "Voer de code in om de beelden te zien",
            what: "Een persoon of zorginstelling heeft medische beelden met u gedeeld. Ze zijn beveiligd \
                   met een code die u apart van de link ontvangt, bijvoorbeeld per telefoon.",
            advice: "Hebt u de code niet, vraag deze dan aan de persoon of zorginstelling die u de link \
                     heeft gestuurd.",
        },
        without_code: Message {
            title: "Er zijn medische beelden met u gedeeld",
            what: "Een persoon of zorginstelling heeft u deze link gestuurd, zodat u medische beelden \
                   kunt bekijken. De knop opent ze.",
            advice: "Ga alleen verder als u deze beelden verwachtte. Weet u niet van wie de link komt, \
                     sluit deze pagina dan.",
        },
        counted: "Deze link gaat maar een beperkt aantal keren open. Ga pas verder wanneer u de beelden \
                  wilt bekijken.",
        code: "Code",
        open: "Beelden openen",
        missing_code: "Voer de code in.",
        wrong_code: "Deze code is niet juist. Controleer de code en voer deze opnieuw in.",
        attempts_left: "Resterende pogingen: {left}.",
    },
};
