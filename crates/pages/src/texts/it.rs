//! The pages' sentences in Italian.

use super::{Message, Opening, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Immagini mediche condivise",
    what_you_can_do: "Che cosa può fare",
    valid_from: "Valido dal",
    valid_until: "Valido fino al",
    date: "{day} {month} {year}, ore {hour}:{minute}",
    first_day: "1º",
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    missing_token: Message {
        title: "Questo link non è completo",
        what: "Manca una parte del link. Può succedere quando si copia un link lungo o quando un messaggio \
               lo spezza su due righe.",
        advice: "La preghiamo di aprire il link direttamente dal messaggio che ha ricevuto. Se continua a non \
                 funzionare, chieda un nuovo link alla persona o all’ospedale che glielo ha inviato.",
    },
    invalid: Message {
        title: "Questo link non funziona",
        what: "Non riconosciamo questo link. Potrebbe essere stato modificato o troncato prima di arrivare a \
               Lei.",
        advice: "La preghiamo di aprire di nuovo il link dal messaggio che ha ricevuto. Se continua a non \
                 funzionare, chieda un nuovo link alla persona o all’ospedale che glielo ha inviato.",
    },
    not_yet_valid: Message {
        title: "Questo link non è ancora utilizzabile",
        what: "Le immagini a cui porta questo link saranno disponibili in un secondo momento.",
        advice: "La preghiamo di conservare il messaggio con il link e di riaprire il link quando sarà valido.",
    },
    expired: Message {
        title: "Questo link è scaduto",
        what: "Per tutelare la riservatezza, i link alle immagini mediche funzionano solo per un periodo \
               limitato. Per questo link il periodo è terminato.",
        advice: "Se ha ancora bisogno delle immagini, chieda un nuovo link alla persona o all’ospedale che \
                 glielo ha inviato.",
    },
    revoked: Message {
        title: "Questo link è stato ritirato",
        what: "La persona o l’ospedale che ha inviato questo link lo ha ritirato. Il link non dà più accesso \
               alle immagini.",
        advice: "Se ha ancora bisogno delle immagini, contatti la persona o l’ospedale che Le ha inviato il \
                 link.",
    },
    used_up: Message {
        title: "Questo link è già stato utilizzato",
        what: "Questo link apre le immagini solo un numero limitato di volte. È stato aperto tutte le \
               volte consentite.",
        advice: "Se ha ancora bisogno delle immagini, chieda un nuovo link alla persona o all’ospedale \
                 che glielo ha inviato. Se non lo ha aperto Lei, lo faccia presente.",
    },
    locked: Message {
        title: "Questo link è stato bloccato",
        what: "È stato inserito troppe volte un codice errato. Per proteggere le immagini, questo link \
               non si apre più, nemmeno con il codice corretto.",
        advice: "Chieda un nuovo link alla persona o all’ospedale che glielo ha inviato. Se non ha \
                 inserito Lei alcun codice, lo faccia presente.",
    },
    viewer_unavailable: Message {
        title: "Al momento non è possibile mostrare le immagini",
        what: "Il Suo link è valido, ma il programma che mostra le immagini non è disponibile in questo \
               momento.",
        advice: "La preghiamo di riaprire il link tra qualche minuto. Se continua a non funzionare, contatti \
                 la persona o l’ospedale che glielo ha inviato.",
    },
    viewer_timeout: Message {
        title: "L’apertura delle immagini richiede troppo tempo",
        what: "Il Suo link è valido, ma il programma che mostra le immagini non ha risposto in tempo.",
        advice: "La preghiamo di attendere qualche minuto e di riaprire il link. Se continua a non funzionare, \
                 contatti la persona o l’ospedale che glielo ha inviato.",
    },
    unavailable: Message {
        title: "Al momento non è possibile verificare il link",
        what: "Il servizio che verifica questo link non è disponibile in questo momento. Lei non ha fatto \
               nulla di sbagliato.",
        advice: "La preghiamo di riprovare più tardi. Se continua a non funzionare, informi la persona o \
                 l’ospedale che Le ha inviato il link.",
    },
    misconfigured: Message {
        title: "Si è verificato un problema da parte nostra",
        what: "Il link non può essere aperto a causa di un errore di questo servizio. Lei non ha fatto nulla \
               di sbagliato.",
        advice: "La preghiamo di riprovare più tardi. Se il problema persiste, informi la persona o \
                 l’ospedale che Le ha inviato il link.",
    },
    not_found: Message {
        title: "Questa pagina non esiste",
        what: "Non c’è nessuna pagina a questo indirizzo. L’indirizzo potrebbe non essere stato digitato o \
               copiato per intero.",
        advice: "La preghiamo di aprire il link direttamente dal messaggio che ha ricevuto.",
    },
    method_not_allowed: Message {
        title: "La pagina non può essere aperta in questo modo",
        what: "La pagina è stata richiesta in un modo che qui non è possibile.",
        advice: "La preghiamo di aprire il link in un browser, direttamente dal messaggio che ha ricevuto.",
    },
    opening: Opening {
        with_code: Message {
            title: "Inserisca il codice per vedere le immagini",
            what: "Una persona o un ospedale ha condiviso con Lei delle immagini mediche. Sono protette \
                   da un codice, che riceve separatamente dal link, per esempio per telefono.",
            advice: "Se non ha il codice, lo chieda alla persona o all’ospedale che Le ha inviato il \
                     link.",
        },
        without_code: Message {
            title: "Sono state condivise con Lei delle immagini mediche",
            what: "Una persona o un ospedale Le ha inviato questo link perché possa vedere delle immagini \
                   mediche. Il pulsante le apre.",
            advice: "La preghiamo di proseguire solo se aspettava queste immagini. Se non sa chi Le ha \
                     inviato il link, chiuda questa pagina.",
        },
        counted: "Questo link si apre solo un numero limitato di volte. La preghiamo di proseguire quando \
                  vuole guardare le immagini.",
        code: "Codice",
        open: "Apri le immagini",
        missing_code: "Inserisca il codice.",
        wrong_code: "Questo codice non è corretto. Lo controlli e lo inserisca di nuovo.",
        attempts_left: "Tentativi rimasti: {left}.",
    },
};
