"""Words around names in English, German, Spanish and French: titles, greetings, ends of letters,
words that are no names. They are general knowledge of the languages; no list of names stands here.
"""

TITLES = (
    "mr mrs ms miss mx dr prof professor doctor sir madam madame mme mlle herr herrn"
    " frau fräulein señor señora sr sra srta don doña monsieur signor signora sig lord lady captain"
    " capt lieutenant lt sergeant sgt colonel col officer judge justice senator sen rev reverend"
    " father sister uncle aunt auntie rabbi imam principal coach detective inspector chancellor"
    " congressman congresswoman rep gov governor mayor nurse attorney esq ing mag dipl-ing hr fr"
)
BEFORE = (  # a name follows these
    "my name is|my name's|name is|name's|names|i am|i'm|im|this is|it's|call me|named|called"
    "|signed by|signed|ask for|ask|speak to|speak with|talk to|talk with|speaking with|regarding|"
    "contact|cc to|on behalf of|care of|c/o|attn|attention|sincerely|directed by|written by|sung by"
    "|arranged by|starring|founded by|owned by|prepared by|forwarded by|reviewed by|submitted by"
    "|approved by|sent by|assistant to|married to|meet|met|met with|shouted at|said to|spoke to"
    "|spoke with|named after|widely known as|mein name ist|ich heiße|ich heisse|ich bin|hier ist"
    "|hier spricht|heißt|heisst|name ist|wohnt|me llamo|mi nombre es|soy|se llama|je m'appelle"
    "|je suis|mon nom est|s'appelle|on behalf of|widow of|son of|daughter of|wife of|husband of"
)
RELATIONS = (
    "wife husband brother sister mother"
    " father son daughter uncle aunt cousin nephew niece grandmother grandfather friend girlfriend"
    " boyfriend fiancé fiancée partner colleague boss manager neighbour neighbor landlord"
    " roommate teacher kid child lawyer doctor assistant secretary client customer patient employee"
    " president chairman ceo cfo director author singer actor actress writer artist painter poet"
)
GREETINGS = (
    "dear hi hello hey hola"
    " bonjour hallo liebe lieber sehr-geehrte chère cher querida querido estimada estimado salut"
    " good-morning good-afternoon good-evening greetings thanks thank-you thx goodbye bye ciao"
)
ENDINGS = (
    "regards kind-regards best-regards best sincerely"
    " yours-sincerely yours-truly yours cheers thanks thank-you many-thanks thx love respectfully"
    " cordially warm-regards warmly best-wishes mit-freundlichen-grüßen mit-freundlichen-grüssen"
    " viele-grüße freundliche-grüße liebe-grüße grüße gruß saludos un-saludo"
    " atentamente cordialmente cordialement bien-cordialement bien-à-vous salutations amicalement"
)
FIELDS = (
    "from to cc bcc attn attention contact customer patient employee client sender"
    " recipient name full-name first-name last-name surname signed-by author caller passenger"
    " guest tenant applicant student owner kunde kundin patientin nombre apellido apellidos"
    " cliente paciente nom prénom nachname vorname absender empfänger beneficiary insured claimant"
    " cardholder billing-address shipping-address account-holder karteninhaber titular titulaire"
)
VERBS = (
    "said says told tells asked asks wrote"
    " writes called calls lives lived works worked replied thinks thought wants wanted needs went"
    " goes flew came comes sent sends bought sold moved married died visited met joined left spent"
    " has had is was will would can could forwarded mentioned indicated agreed confirmed suggested"
    " explained wohnt arbeitet sagt sagte hat ist vive trabaja dice dijo habite travaille dit"
)
COMPANY_SHORT = "AG KG SA SAS BV NV AB AS Oy Oyj Co SE"  # written small, they are other words
COMPANY = (
    "inc incorporated ltd"
    " limited llc llp plc corp corporation company gmbh ohg e.v s.a sarl spa srl kft"
    " zrt group holdings holding bank university college hospital institute foundation association"
    " partners systems technologies solutions services industries enterprises orchestra ministry"
)
NOT_NAMES = frozenset(
    (
        "the a an and or but if then so to of in on at by for from"
        " with as is are was were be been do does did done have has had i you he she it we they me"
        " him her us them my your his its our their this that these those there here who whom whose"
        " what which when where why how not no yes ok okay please thanks thank hi hello hey dear"
        " regards sincerely best cheers monday tuesday wednesday thursday friday saturday sunday"
        " january february march april may june july august september october november december"
        " mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec today"
        " tomorrow yesterday morning afternoon evening night week month year am pm street road"
        " avenue lane drive court place square suite apt box unit floor zip code phone fax email"
        " e-mail mobile office home tel telephone cell desk address website web url http https"
        " www re fw fwd subject date sent cc attn note ps fyi asap faq id ssn iban pin atm vat"
        " usa uk us eu un ip url card credit account bank number company inc ltd llc corp co group"
        " dept department university college school hospital english german french spanish italian"
        " dutch russian chinese japanese american british european can could will would shall"
        " should must let lets see let's i'm i'll i've i'd it's that's don't can't won't just also"
        " now only new old all any some more most other another each every first last next one two"
        " three four five six seven eight nine ten mr mrs ms miss dr prof sir user agent customer"
        " client patient name call send give get need want know think look go going come make take"
        " help ask tell say try use sorry glad happy sure very good great nice well right left back"
        " up down out over about after before because since until while during still even much many"
        " such than too own same few both per via bic swift dni nie nif nhs token password passport"
        " pin login api key nir pesel bsn cpf steuer kennzeichen konto telefon handy adresse"
        " karte plz personal info information description title order payment refund invoice"
        " ticket total price message mail der die das ein eine und oder ich sie er wir ihr mein"
        " meine ist sind nicht bitte danke hallo guten tag el la los las un una y o yo soy está es"
        " no si sí por para con de del le les des du et ou je il elle nous vous est sont pas merci"
        " bonjour internet google facebook twitter linkedin microsoft windows linux android iphone"
        " excel word god christmas easter north south east west northern southern eastern western"
    ).split()
)
PARTICLES = frozenset(
    "van von der den de del"
    " della di da dos das du la le el al bin ibn ben ten ter zu zur y e af av".split()
)
