//! The pages' sentences in Spanish.

use super::{Message, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Imágenes médicas compartidas",
    what_you_can_do: "Qué puede hacer",
    valid_from: "Válido desde el",
    valid_until: "Válido hasta el",
    date: "{day} de {month} de {year}, {hour}:{minute}",
    first_day: "1",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    missing_token: Message {
        title: "Este enlace está incompleto",
        what: "Falta una parte del enlace. Esto puede ocurrir al copiar un enlace largo o cuando un mensaje \
               lo divide en dos líneas.",
        advice: "Abra el enlace directamente desde el mensaje que ha recibido. Si sigue sin funcionar, pida \
                 un nuevo enlace a la persona o al hospital que se lo envió.",
    },
    invalid: Message {
        title: "Este enlace no funciona",
        what: "No reconocemos este enlace. Es posible que se haya modificado o cortado antes de llegarle.",
        advice: "Abra de nuevo el enlace desde el mensaje que ha recibido. Si sigue sin funcionar, pida un \
                 nuevo enlace a la persona o al hospital que se lo envió.",
    },
    not_yet_valid: Message {
        title: "Este enlace todavía no se puede utilizar",
        what: "Las imágenes de este enlace estarán disponibles más adelante.",
        advice: "Conserve el mensaje con el enlace y vuelva a abrirlo cuando ya sea válido.",
    },
    expired: Message {
        title: "Este enlace ha caducado",
        what: "Para proteger la privacidad, los enlaces a imágenes médicas solo funcionan durante un tiempo \
               limitado. En el caso de este enlace, ese tiempo ha terminado.",
        advice: "Si todavía necesita las imágenes, pida un nuevo enlace a la persona o al hospital que se lo \
                 envió.",
    },
    revoked: Message {
        title: "Este enlace ha sido retirado",
        what: "La persona o el hospital que envió este enlace lo ha retirado. Ya no da acceso a las imágenes.",
        advice: "Si todavía necesita las imágenes, póngase en contacto con la persona o el hospital que le \
                 envió el enlace.",
    },
    viewer_unavailable: Message {
        title: "Las imágenes no se pueden mostrar en este momento",
        what: "Su enlace es válido, pero el programa que muestra las imágenes no está disponible ahora mismo.",
        advice: "Vuelva a abrir el enlace dentro de unos minutos. Si sigue sin funcionar, póngase en contacto \
                 con la persona o el hospital que se lo envió.",
    },
    viewer_timeout: Message {
        title: "Las imágenes tardan demasiado en abrirse",
        what: "Su enlace es válido, pero el programa que muestra las imágenes no ha respondido a tiempo.",
        advice: "Espere unos minutos y vuelva a abrir el enlace. Si sigue sin funcionar, póngase en contacto \
                 con la persona o el hospital que se lo envió.",
    },
    misconfigured: Message {
        title: "Hay un problema por nuestra parte",
        what: "El enlace no se puede abrir debido a un error de este servicio. Usted no ha hecho nada mal.",
        advice: "Inténtelo de nuevo más tarde. Si el problema continúa, comuníqueselo a la persona o al \
                 hospital que le envió el enlace.",
    },
    not_found: Message {
        title: "Esta página no existe",
        what: "No hay ninguna página en esta dirección. Es posible que la dirección no se haya escrito o \
               copiado por completo.",
        advice: "Abra el enlace directamente desde el mensaje que ha recibido.",
    },
    method_not_allowed: Message {
        title: "La página no se puede abrir de esta forma",
        what: "La página se ha solicitado de una forma que aquí no es posible.",
        advice: "Abra el enlace en un navegador web, directamente desde el mensaje que ha recibido.",
    },
};
