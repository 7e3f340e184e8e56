/**
 * Given names and what people call their bearers: Polish first, then names that clients from Ukraine and English-speaking
 * countries bring along. Folded (no accents). A short form may belong to several names; two names that share a
 * short form (Alicja, Alina: Ala) are still two names.
 *
 * What is missing here costs recall only: an unknown short form reads as another name and a person decides.
 */
const TABLE = `
adam: adas adamek; adrian: adi adrianek; adrianna: ada adriana; agata: agatka;
agnieszka: aga agusia agus agnes; albert: albercik;
aleksander: olek alek alex alexander oleksandr aleksandr sasza sasha sacha;
aleksandra: ola olka olenka alex alexandra oleksandra sasza sasha; alfred: fredek;
alicja: ala alusia alicia; alina: ala alinka; amelia: amelka mela;
anastazja: nastka nastia anastasiia anastasia anastasiya anastazia;
andrzej: jedrek andrzejek jendrek andrew andrii andrij; aneta: anetka; angelika: andzela angela;
aniela: anielka nela; anna: ania anka andzia anusia anula ann anne ganna anya;
antoni: antek tosiek tolek anton antos; antonina: tosia antosia tonia; arkadiusz: arek;
artur: arturek arthur artek; barbara: basia baska barbarka; bartlomiej: bartek bartus;
bartosz: bartek bartus; beata: beatka; bernadeta: bernadetta benia; blanka: blaneczka;
bogdan: bogdanek bohdan; bogumila: bogusia; boguslaw: bogus bodek; boguslawa: bogusia; bozena: bozenka;
cecylia: cela cesia; cezary: czarek cezar; czeslaw: czesiek czesio; czeslawa: czesia; dagmara: daga;
damian: damianek; daniel: danielek danny dan danylo; danuta: danka danusia;
daria: darka daryna dariia darya; dariusz: darek; dawid: dawidek david dave; dominik: domino dominek;
dominika: domi nika dominisia; dorota: dorotka dora; edward: edek edzio eddie ed ted;
edyta: edytka edi edith; eliza: elizka; elzbieta: ela elka elunia elizabeth; emilia: emilka mila emi emily;
ewa: ewka ewcia ewunia eva; ewelina: ewelinka ewela evelina; fabian: fabianek; feliks: felek felix;
filip: filipek fifi philip; franciszek: franek franio francis; franciszka: frania franka; gabriel: gabrys;
gabriela: gabrysia gaba gabi gabriella; genowefa: genia; gerard: gerardek; grazyna: grazynka graza;
grzegorz: grzesiek grzes grzegorzek gregory; halina: halinka hala; hanna: hania hanka haneczka hannah;
helena: helenka hela lena olena helen; henryk: heniek henio henry; hubert: hubi hubercik; ignacy: ignas;
iga: igusia; igor: igorek ihor; irena: irenka irka irina iryna; ireneusz: irek; iwona: iwonka ivona;
izabela: iza izka izabella isabella belka; jacek: jacus; jadwiga: jadzia;
jakub: kuba kubus kubek jacob jake; jan: janek jas jasiek john jano; janina: janka jasia; janusz: januszek;
jaroslaw: jarek yaroslav; jerzy: jurek george; joanna: asia aska joasia joaska joanne; jolanta: jola jolka;
jozef: jozek jozio joseph; jozefa: jozia; julia: julka jula julcia yuliia yulia iuliia; julian: julek;
julita: julka; justyna: justynka justa justine; kacper: kacperek; kamil: kamilek; kamila: kama kamilka;
karol: karolek charles; karolina: karola karolka karolcia caroline;
katarzyna: kasia kaska katka kasienka kate katie catherine katharine kateryna katia; kazimierz: kazik kazio;
kinga: kinia; klaudia: klaudusia claudia; konrad: kondzio konradek; kornelia: nela kornelka;
krystian: krystek christian; krystyna: krysia kryska christina;
krzysztof: krzysiek krzys krzychu christopher; ksenia: ksenka xenia; laura: laurka; lech; leokadia: lodzia;
leon: leos; leszek: lesio; lidia: lidka; lilianna: lila lilka liliana; lucja: lucka luca; lucyna: lucynka;
ludwik: ludek; ludwika: lusia; lukasz: luki lukaszek lucas luke luka; maciej: maciek macius;
magdalena: magda madzia magdusia lena; maja: majka maya; maksymilian: maks max maksym maxim;
malgorzata: gosia malgosia goska gocha malgoska margaret; malwina: malwinka; marceli: marcelek;
marcelina: marcela marcysia; marcin: marcinek martin; marek: mareczek marus mark;
maria: marysia maryska mania mary mariia mariya; mariola: mariolka; mariusz: mario mariuszek;
marlena: marlenka; marta: martusia martka martha; martyna: martynka martina; marzena: marzenka;
mateusz: mati matis matthew; matylda: tylda matilda; michal: misiek michas michalek michael mike mykhailo;
michalina: misia michasia; mieczyslaw: mietek miecio; mikolaj: miki mikus mikolajek nicholas nick mykola;
milena: milenka mila; miroslaw: mirek myroslav; miroslawa: mirka; monika: monia moniczka nika;
natalia: natalka nata tala nataliia nataliya natasza natasha; natan: natanek; nikodem: nikos niko;
nikola: nikolka nikolina; nina: ninka; norbert: norbi; olga: olenka olha olgunia;
oliwia: oliwka olivia liwia; oskar: oskarek oscar; otylia: tyla; patrycja: pati patka patrycia patricia;
patryk: patrys pati patrick; paulina: paula paulinka paulisia; pawel: pawelek pablo paul pavlo;
piotr: piotrek piotrus peter petro; przemyslaw: przemek; radoslaw: radek; rafal: rafalek raf;
regina: renia reginka; renata: renia renatka; robert: robcio robson rob bob robbie bobby;
roksana: roksi roksanka; roman: romek; romana: romka; ryszard: rysiek rysio richard; sabina: sabinka;
sandra: sandrusia; sebastian: seba sebek; slawomir: slawek; sonia: sonka;
stanislaw: stasiek stas staszek stanley; stanislawa: stasia; stefan: stefek stefcio;
stefania: stefa stefcia; sylwester: sylwek; sylwia: sylwka sylwunia sylvia; szczepan: szczepek;
szymon: szymek simon; tadeusz: tadek tadzio; tamara: tamarka; tatiana: tania tetiana tetyana;
teodor: teos teodorek theodore; teresa: tereska renia theresa; tomasz: tomek tomus thomas tom tommy;
tymon: tymek; tymoteusz: tymek timothy tim; urszula: ula ulka; waclaw: wacek; waldemar: waldek;
wanda: wandzia; wawrzyniec: wawrzek; weronika: wera nika weronka werka veronika; wieslaw: wiesiek wiesio;
wieslawa: wiesia; wiktor: wiktorek victor viktor; wiktoria: wika wiki viktoriia victoria wiktorka;
witold: witek; wladyslaw: wladek wladzio vladyslav; wladyslawa: wladzia; wlodzimierz: wlodek volodymyr;
wojciech: wojtek wojtus; zaneta: zanetka zana; zbigniew: zbyszek zbychu; zdzislaw: zdzisiek zdzich;
zenon: zenek; zofia: zosia zoska zosienka sofia sofiia sophia; zuzanna: zuza zuzia zuzka susan susanna;
zygmunt: zygmus; alan; borys; bruno; celina: celinka; diana: dianka; dorian; ernest; eryk: eric erik; ewald;
felicja: fela; greta; gustaw: gucio; ida; inga; jagna; jowita; judyta; kaja; kalina; karina; klara; lara;
lea; lena: lenka; liwia; marian: marys; marianna: mania; marina: maryna; mia; mila; mina;
nadia: nadzia nadiia; nela; noemi; olaf; pola: polcia; rita; roma; roza: rozyczka; rozalia: rozia; ruta;
sara; tola; wiera: vira; wioletta: wiola violetta wioleta; zoja; zyta; alona; dmytro: dima dmitrij; inna;
ivan: vania wania iwan; karyna; khrystyna: krystyna; larysa: lara; liudmyla: ludmila luda liuda; lesia;
liliia: lilia; oksana: oxana; oleh: oleg; oleksii: aleksy alosza; roksolana; ruslan;
serhii: sergiusz serhij sergey; solomiia; svitlana: swietlana sveta; taras; valentyna: walentyna vala;
vasyl: wasyl; vitalii: witalij; yana: jana; yevhen: eugeniusz zhenia; yevheniia: eugenia zhenia;
yuliana: juliana; yurii: jura; zoriana; zlata; abigail: abby; amanda: mandy; amy; anthony: tony;
benjamin: ben benny; brian: bryan; charlotte: lottie; daniela: danka; deborah: debbie debra; donna;
dorothy: dot dottie; emma; gary; grace: gracie; jack; james: jim jimmy jamie; jane: janie;
jennifer: jen jenny; jessica: jess jessie; joan; jonathan: jon; julie; karen; kevin: kev; kimberly: kim;
laurence: larry lawrence; linda; lisa; louise: lou; lucy; megan: meg; molly; nancy; natalie: nat;
pamela: pam; rachel: rach; raymond: ray; rebecca: becky becca; ronald: ron; ruth; samantha: sam sammy;
samuel: sam sammy; sarah: sally; scarlett; sean; shaun; stephen: steve steven; stephanie: steph;
william: will bill billy liam; zachary: zach zack; zoe; ada; angela; natasza;
`;

const FORMAL = new Set<string>();
/** Name or short form → the names it stands for. */
const STANDS_FOR = new Map<string, Set<string>>();

for (const entry of TABLE.split(';')) {
  const [formal = '', shorts = ''] = entry.trim().split(':');
  if (formal === '') continue;
  FORMAL.add(formal);
  for (const name of [formal, ...shorts.split(' ')]) {
    if (name === '') continue;
    const known = STANDS_FOR.get(name);
    if (known === undefined) STANDS_FOR.set(name, new Set([formal]));
    else known.add(formal);
  }
}

/** Whether the folded word is a given name or short form that people know, so that one letter makes another person. */
export function isKnownGiven(word: string): boolean {
  return STANDS_FOR.has(word);
}

/**
 * Whether one folded word is a short form or spelling of the other, or both are of one name. `maybe` where the short form is
 * a name in its own right: Lena may be Helena's sister.
 */
export function isShortForm(left: string, right: string): 'yes' | 'maybe' | 'no' {
  const ofLeft = STANDS_FOR.get(left);
  const ofRight = STANDS_FOR.get(right);
  if (left === right || ofLeft === undefined || ofRight === undefined) return 'no';
  const areBothNames = FORMAL.has(left) && FORMAL.has(right);
  if (ofLeft.has(right) || ofRight.has(left)) return areBothNames ? 'maybe' : 'yes';
  // Alicja and Alina are both called Ala and are two names all the same.
  if (FORMAL.has(left) || FORMAL.has(right)) return 'no';
  return [...ofLeft].some((formal) => ofRight.has(formal)) ? 'yes' : 'no';
}
