# Mensagens em português. As variáveis são explicadas em en.ftl.

lifetime = { $unit ->
    [minutes] { $count ->
        [one] um minuto
       *[other] { $count } minutos
    }
    [hours] { $count ->
        [one] uma hora
       *[other] { $count } horas
    }
   *[days] { $count ->
        [one] um dia
       *[other] { $count } dias
    }
}

# $named is yes if the user has proven the address of the mail: a mail to a stranger must not contain the name.
greeting = { $named ->
    [yes] Olá, { $name },
   *[no] Olá,
}

reset-subject = Escolha uma nova senha
reset-button = Escolher uma nova senha
reset-text =
    { greeting }

    Alguém pediu uma nova senha para a sua conta em { $site }. Se foi você, abra esta página e escolha uma:

    { $link }

    O link funciona uma única vez, durante { $lifetime }. Se não foi você, ignore esta mensagem: a sua senha não mudou.

password-link-subject = Escolha a sua senha
password-link-button = Escolher uma senha
password-link-text =
    { greeting }

    Um administrador de { $site } enviou-lhe um link com o qual define a senha da sua conta:

    { $link }

    O link funciona uma única vez, durante { $lifetime }. Se já tem uma senha, ela continua a valer até então.

verify-subject = Confirme o seu endereço de e-mail
verify-button = Confirmar o endereço
verify-text =
    Olá,

    Confirme que { $address } é o seu endereço para { $site }:

    { $link }

    O link funciona uma única vez, durante { $lifetime }. Se você não tem uma conta lá, ignore esta mensagem.

change-subject = Confirme o seu novo endereço de e-mail
change-button = Confirmar o novo endereço
change-text =
    Olá,

    Você pediu para usar { $address } na sua conta em { $site }. Confirme:

    { $link }

    O link funciona uma única vez, durante { $lifetime }. Até lá vale o endereço anterior. Se você não tem uma conta lá, ignore esta mensagem.

revert-subject = O seu endereço de e-mail foi alterado
revert-button = Recuperar o endereço
revert-text =
    Olá,

    Em { $time } o endereço da sua conta em { $site } foi alterado; antes era { $address }. Se foi você, não é preciso fazer nada.

    Se não foi você, recupere o endereço:

    { $link }

    Isso encerra todas as sessões da conta, e a senha deixa de funcionar até você escolher uma nova: uma segunda mensagem traz o link. O link funciona uma única vez, durante { $lifetime }.

reverted-subject = O seu endereço de e-mail foi recuperado
reverted-button = Escolher uma nova senha
reverted-text =
    { greeting }

    { $address } voltou a ser o endereço da sua conta em { $site }, e todas as sessões foram encerradas. A senha já não funciona. Escolha uma nova:

    { $link }

    O link funciona uma única vez, durante { $lifetime }. Depois você pode pedir outro na página de entrada.

invite-subject = Convite para { $site }
invite-button = Criar a conta
invite-text =
    Olá,

    Você recebeu um convite para criar uma conta em { $site } para { $address }:

    { $link }

    O link funciona uma única vez, durante { $lifetime }.

address-taken-subject = Você já tem uma conta
address-taken-text =
    { greeting }

    Alguém tentou criar uma conta em { $site } com o seu endereço { $address }. Você já tem uma conta{ $named ->
        [yes] , com o nome de usuário { $name }
       *[no] {""}
    }, por isso nenhuma outra foi criada.

    Se foi você, entre ou peça uma nova senha na página de entrada. Se não foi você, não é preciso fazer nada.

password-changed-subject = A sua senha foi alterada
password-changed-text =
    { greeting }

    Em { $time } a senha da sua conta em { $site } foi alterada, e todas as outras sessões foram encerradas.

    Se não foi você, peça agora uma nova senha na página de entrada.

new-device-subject = Nova entrada na sua conta
new-device-text =
    { greeting }

    Em { $time } alguém entrou na sua conta em { $site } a partir de um dispositivo que não tinha sido usado antes.

    Se foi você, não é preciso fazer nada. Se não foi você, altere a sua senha: isso encerra todas as outras sessões.

test-subject = O e-mail de { $site } funciona
test-text =
    Olá,

    Esta mensagem foi enviada à mão para { $address }, para ver se { $site } consegue enviar e-mail. Consegue.
