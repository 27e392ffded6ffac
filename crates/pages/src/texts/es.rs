//! The pages' sentences in Spanish.

use super::{Message, Opening, Texts};

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
    used_up: Message {
        title: "Este enlace ya se ha utilizado",
        what: "Este enlace solo abre las imágenes un número limitado de veces. Ya se ha abierto todas las \
               veces permitidas.",
        advice: "Si todavía necesita las imágenes, pida un nuevo enlace a la persona o al hospital que se \
                 lo envió. Si no lo ha abierto usted, comuníqueselo.",
    },
    locked: Message {
        title: "Este enlace se ha bloqueado",
        what: "Se ha introducido un código incorrecto demasiadas veces. Para proteger las imágenes, este \
               enlace ya no se abre, ni siquiera con el código correcto.",
        advice: "Pida un nuevo enlace a la persona o al hospital que se lo envió. Si usted no ha \
                 introducido ningún código, comuníqueselo.",
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
    unavailable: Message {
        title: "El enlace no se puede comprobar en este momento",
        what: "El servicio que comprueba este enlace no está disponible ahora mismo. Usted no ha hecho \
               nada mal.",
        advice: "Inténtelo de nuevo más tarde. Si sigue sin funcionar, comuníqueselo a la persona o al \
                 hospital que le envió el enlace.",
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
    opening: Opening {
        with_code: Message {
            title: "Introduzca el código para ver las imágenes",
            what: "Una persona o un hospital ha compartido imágenes médicas con usted. Están protegidas \
                   con un código que recibirá aparte del enlace, por ejemplo por teléfono.",
            advice: "Si no tiene el código, pídalo a la persona o al hospital que le envió el enlace.",
        },
        without_code: Message {
            title: "Se han compartido imágenes médicas con usted",
            what: "Una persona o un hospital le ha enviado este enlace para que pueda ver imágenes \
                   médicas. El botón las abre.",
            advice: "Continúe solo si esperaba estas imágenes. Si no sabe quién le envió el enlace, \
                     cierre esta página.",
        },
        counted: "Este enlace solo se abre un número limitado de veces. Continúe cuando vaya a ver las \
                  imágenes.",
        code: "Código",
        open: "Abrir las imágenes",
        missing_code: "Introduzca el código.",
        wrong_code: "Este código no es correcto. Compruébelo e introdúzcalo de nuevo.",
        attempts_left: "Intentos restantes: {left}.",
    },
};
