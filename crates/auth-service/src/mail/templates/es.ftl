# Mensajes en español. Las variables se explican en en.ftl.

lifetime = { $unit ->
    [minutes] { $count ->
        [one] un minuto
       *[other] { $count } minutos
    }
    [hours] { $count ->
        [one] una hora
       *[other] { $count } horas
    }
   *[days] { $count ->
        [one] un día
       *[other] { $count } días
    }
}

# $named is yes if the user has proven the address of the mail: a mail to a stranger must not contain the name.
greeting = { $named ->
    [yes] Hola { $name }:
   *[no] Hola:
}

reset-subject = Elige una contraseña nueva
reset-button = Elegir una contraseña nueva
reset-text =
    { greeting }

    Alguien ha pedido una contraseña nueva para tu cuenta en { $site }. Si has sido tú, abre esta página y elige una:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }. Si no has sido tú, ignora este mensaje: tu contraseña no ha cambiado.

password-link-subject = Elige tu contraseña
password-link-button = Elegir una contraseña
password-link-text =
    { greeting }

    Un administrador de { $site } te ha enviado un enlace con el que eliges la contraseña de tu cuenta:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }. Si ya tienes una contraseña, hasta entonces sigue valiendo.

verify-subject = Confirma tu dirección de correo
verify-button = Confirmar la dirección
verify-text =
    Hola:

    Confirma que { $address } es tu dirección para { $site }:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }. Si no tienes una cuenta allí, ignora este mensaje.

change-subject = Confirma tu nueva dirección de correo
change-button = Confirmar la nueva dirección
change-text =
    Hola:

    Has pedido usar { $address } para tu cuenta en { $site }. Confírmalo:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }. Hasta entonces sigue valiendo la dirección anterior. Si no tienes una cuenta allí, ignora este mensaje.

revert-subject = Tu dirección de correo ha cambiado
revert-button = Recuperar la dirección
revert-text =
    Hola:

    El { $time } se cambió la dirección de tu cuenta en { $site }; antes era { $address }. Si has sido tú, no tienes que hacer nada.

    Si no has sido tú, recupera la dirección:

    { $link }

    Así terminan todas las sesiones de la cuenta y la contraseña deja de funcionar hasta que elijas una nueva: un segundo mensaje trae el enlace. El enlace funciona una sola vez, durante { $lifetime }.

reverted-subject = Has recuperado tu dirección de correo
reverted-button = Elegir una contraseña nueva
reverted-text =
    { greeting }

    { $address } vuelve a ser la dirección de tu cuenta en { $site } y han terminado todas las sesiones. La contraseña ya no funciona. Elige una nueva:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }. Después puedes pedir otro en la página de inicio de sesión.

invite-subject = Invitación a { $site }
invite-button = Crear la cuenta
invite-text =
    Hola:

    Te invitamos a crear una cuenta en { $site } para { $address }:

    { $link }

    El enlace funciona una sola vez, durante { $lifetime }.

address-taken-subject = Ya tienes una cuenta
address-taken-text =
    { greeting }

    Alguien ha intentado crear una cuenta en { $site } con tu dirección { $address }. Ya tienes una cuenta{ $named ->
        [yes] , con el nombre de usuario { $name }
       *[no] {""}
    }, así que no se ha creado otra.

    Si has sido tú, inicia sesión o pide una contraseña nueva en la página de inicio de sesión. Si no has sido tú, no tienes que hacer nada.

password-changed-subject = Tu contraseña ha cambiado
password-changed-text =
    { greeting }

    El { $time } se cambió la contraseña de tu cuenta en { $site } y terminaron todas las demás sesiones.

    Si no has sido tú, pide ahora una contraseña nueva en la página de inicio de sesión.

new-device-subject = Nuevo inicio de sesión en tu cuenta
new-device-text =
    { greeting }

    El { $time } alguien inició sesión en tu cuenta en { $site } desde un dispositivo que no se había usado antes.

    Si has sido tú, no tienes que hacer nada. Si no has sido tú, cambia tu contraseña: así terminan todas las demás sesiones.

test-subject = El correo de { $site } funciona
test-text =
    Hola:

    Este mensaje se envió a mano a { $address } para ver si { $site } puede enviar correo. Puede.
