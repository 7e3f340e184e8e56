/**
 * Names for the generated population, most frequent first. Written from common knowledge of what people are called, not from
 * the matcher's own tables: some short forms and many names here are unknown to it.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/u);

export const WOMEN = words(`
Anna Katarzyna Maria Małgorzata Agnieszka Barbara Ewa Magdalena Elżbieta Joanna Aleksandra Zofia Monika Teresa Krystyna
Natalia Julia Karolina Marta Justyna Danuta Dorota Halina Paulina Jolanta Beata Iwona Wiktoria Bożena Oliwia Zuzanna
Grażyna Hanna Sylwia Jadwiga Patrycja Renata Kinga Weronika Alicja Emilia Maja Izabela Wanda Martyna Dominika Gabriela
Urszula Edyta Klaudia Ewelina Lena Amelia Irena Kamila Aneta Wiesława Laura Marzena Nikola Milena Michalina Helena Nadia
Antonina Pola Iga Angelika Kornelia Sandra Adrianna Malwina Liliana Lucyna Róża Łucja Żaneta Daria Diana Olga Lidia Nina
Sabina Mariola Bogumiła Czesława Marianna Matylda Kaja Blanka Jagoda Kalina Celina Cecylia Eliza Aurelia Bernadeta Inga`);

export const MEN = words(`
Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Jakub Adam Stanisław Marek Łukasz Grzegorz Mateusz Wojciech
Mariusz Dariusz Zbigniew Maciej Rafał Kamil Robert Kacper Jerzy Szymon Józef Dawid Artur Tadeusz Ryszard Jacek Bartosz
Dominik Sebastian Filip Przemysław Sławomir Mikołaj Patryk Damian Adrian Daniel Antoni Janusz Wiktor Hubert Igor Leon
Roman Konrad Arkadiusz Henryk Krystian Zdzisław Oskar Bartłomiej Franciszek Wiesław Emil Karol Julian Ignacy Cezary
Ksawery Gustaw Olaf Eryk Miłosz Norbert Błażej Kajetan Borys Alan`);

/** Clients from Ukraine, in Latin spelling; about one in twelve. */
export const UKRAINIAN_WOMEN = words(`
Olena Tetiana Iryna Natalia Oksana Yuliia Svitlana Olha Kateryna Anastasiia Viktoriia Mariia Anna Valentyna Daryna Halyna
Liudmyla Inna Alina Yana Khrystyna Solomiia Sofiia Polina Karyna Arina Alisa Milana Zlata Diana`);
export const UKRAINIAN_MEN = words(
  `Oleksandr Serhii Andrii Volodymyr Dmytro Mykola Ivan Vitalii Maksym Bohdan Roman Yurii Denys Artem Vladyslav`,
);

/** From elsewhere; about one in fifteen. Most are unknown to the matcher. */
export const ELSEWHERE = words(`
Linh Trang Huong Minh Nga Thuy Aylin Zeynep Elif Emre Mehmet Priya Anjali Rahul Deepa Fatima Aisha Layla Omar Yusuf Chiara
Giulia Marco Luca Carmen Lucía Inés Javier Sofía Chloé Élodie Léa Hugo Ingrid Astrid Søren Åsa Björn Lars Anke Jürgen
Heike Zsófia Ágnes Eszter László Rūta Aušra Tomáš Ondřej Lenka Renáta Petra Mihaela Ioana Andreea Darina Tsvetana Emma
Olivia Charlotte Jessica Sarah Megan James William Thomas Mia Lia Mila Mira Lina Rina`);

/** The hundred most frequent family names bear a tenth of all people; in the form for men. */
export const FREQUENT_FAMILIES = words(`
Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski
Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Michalski Król Wieczorek
Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Górski Witkowski
Walczak Sikora Baran Rutkowski Michalak Szewczyk Ostrowski Tomaszewski Pietrzak Zalewski Wróblewski Marciniak Jasiński
Zawadzki Bąk Jakubowski Sadowski Duda Włodarczyk Wilk Chmielewski Borkowski Sokołowski Szczepański Sawicki Kucharski Lis
Maciejewski Kubiak Kalinowski Mazurek Wysocki Kołodziej Kaźmierczak Czarnecki Sobczak Konieczny Urbański Głowacki Zakrzewski
Wasilewski Sikorski Krajewski Gajewski Mróz Szulc Laskowski Ziółkowski Makowski Brzeziński Przybylski Kaczmarczyk Cieślak
Baranowski Borowski Andrzejewski Błaszczyk Szymczak Kania Janik`);

export const FAMILY_STARTS = words(`
Bar Bed Biel Bo Bor Brzo Buk Ceg Chał Cho Chrza Cie Czar Czub Dęb Dłu Dom Droz Dzie Fig Fili Gaj Gąs Gło Gno Gó Gra Grze
Gus Ha Hry Ja Jasz Jed Ju Kacz Kal Kap Kar Kasz Kla Kleb Kna Kob Kol Kop Kos Koź Kra Kry Kuch Kul Kur Lach Las Lep Lip Lub
Łab Łu Ma Mać Mar Mie Mi Mo Mro Mu Na Nie No Ob Ol Or Osi Pa Pal Pas Pie Pi Pła Po Pru Przy Pta Pu Rad Raj Re Rog Ros Ru
Ryb Rze Sa Se Sie Skal Sko Sło Smo Sob Sta Sto Stru Su Świ Szcze Szy Ta To Trza Tu Ty Wą We Wi Wło Wo Wrze Za Zar Zę Zie Żu`);
export const FAMILY_MIDDLES =
  words(`ba bo ce cho cza da de do dzi ga go ja ka ko la le li lo ła ma mi mo na ni no
pa po ra re ro sa si so sze ta te to wa wi wo za zi żo`);
/** In the form for men; `ski` and `cki` become `ska` and `cka`. */
export const FAMILY_ENDS = words(`
ński wski cki lski rski k czyk niak szek wicz lak rek łek ń ś ra szka ła cha sz czak ta j n r wiec nek siak l`);
export const UKRAINIAN_FAMILIES = words(`
Shevchenko Kovalenko Bondarenko Tkachenko Kravchenko Oliinyk Shevchuk Koval Polishchuk Bondar Tkachuk Moroz Marchenko Lysenko
Rudenko Savchenko Petrenko Kravchuk Klymenko Ponomarenko Savchuk Vasylenko Melnyk Hrytsenko Panchenko Kovalchuk Romaniuk
Pavlenko Sydorenko Kostenko Zakharchenko Havryliuk Honchar Yurchenko Mazurenko Didenko Fedorenko Levchenko Zinchenko`);
export const FAMILIES_ELSEWHERE = words(`
Nguyen Tran Pham Le Yılmaz Kaya Demir Sharma Patel Singh Khan Hassan Rossi Bianchi García López Martínez Dubois Lefèvre
Müller Schäfer Jørgensen Lindström Nagy Kovács Szabó Novák Dvořák Popescu Ivanova Smith Jones Taylor O'Connor Evans`);

/** What people are called; deliberately includes forms that few would list. */
export const CALLED: Readonly<Record<string, readonly string[]>> = {
  Anna: ['Ania', 'Anka', 'Anulka', 'Andzia'],
  Katarzyna: ['Kasia', 'Kaśka', 'Kasieńka', 'Kachna'],
  Maria: ['Marysia', 'Maryśka', 'Majka'],
  Małgorzata: ['Gosia', 'Małgosia', 'Gośka', 'Margot'],
  Agnieszka: ['Aga', 'Agusia', 'Agniesia'],
  Barbara: ['Basia', 'Baśka'],
  Ewa: ['Ewka', 'Ewunia', 'Ewcia'],
  Magdalena: ['Magda', 'Madzia', 'Lena'],
  Elżbieta: ['Ela', 'Elka', 'Elusia'],
  Joanna: ['Asia', 'Aśka', 'Joaśka'],
  Aleksandra: ['Ola', 'Olka', 'Olcia'],
  Zofia: ['Zosia', 'Zośka'],
  Monika: ['Monia', 'Nika', 'Moni'],
  Teresa: ['Tereska', 'Renia'],
  Krystyna: ['Krysia', 'Kryśka'],
  Natalia: ['Natalka', 'Nati', 'Nata'],
  Julia: ['Julka', 'Jula'],
  Karolina: ['Karola', 'Karolcia', 'Karo'],
  Justyna: ['Justynka', 'Justi'],
  Danuta: ['Danka', 'Danusia'],
  Dorota: ['Dorotka', 'Dora'],
  Jolanta: ['Jola', 'Jolka', 'Jolcia'],
  Wiktoria: ['Wika', 'Wiki', 'Wiktosia'],
  Zuzanna: ['Zuzia', 'Zuza'],
  Hanna: ['Hania', 'Hanka'],
  Patrycja: ['Pati', 'Patka'],
  Weronika: ['Wera', 'Werka'],
  Alicja: ['Ala', 'Alusia'],
  Izabela: ['Iza', 'Izka'],
  Dominika: ['Domi', 'Nika', 'Dominisia'],
  Gabriela: ['Gabrysia', 'Gaba', 'Gabi'],
  Urszula: ['Ula', 'Ulka'],
  Klaudia: ['Klaudusia', 'Klaudzia'],
  Ewelina: ['Ewelinka', 'Ewela'],
  Kamila: ['Kama', 'Kamilka'],
  Aneta: ['Anetka'],
  Piotr: ['Piotrek', 'Piotruś'],
  Krzysztof: ['Krzysiek', 'Krzyś', 'Krzychu'],
  Andrzej: ['Andrzejek', 'Jędrek'],
  Tomasz: ['Tomek', 'Tomuś'],
  Paweł: ['Pawełek', 'Pawlik'],
  Jan: ['Janek', 'Jaś'],
  Michał: ['Michałek', 'Misiek'],
  Jakub: ['Kuba', 'Kubuś'],
  Stanisław: ['Stasiek', 'Staszek'],
  Łukasz: ['Łukaszek', 'Luki'],
  Grzegorz: ['Grzesiek', 'Grzegorzek'],
  Mateusz: ['Mati', 'Mateo'],
  Wojciech: ['Wojtek'],
  Dariusz: ['Darek'],
  Zbigniew: ['Zbyszek', 'Zbychu'],
  Maciej: ['Maciek'],
  Bartosz: ['Bartek'],
  Bartłomiej: ['Bartek', 'Bartuś'],
  Sebastian: ['Seba'],
  Przemysław: ['Przemek', 'Przemo'],
  Sławomir: ['Sławek'],
  Kateryna: ['Katia', 'Kasia'],
  Oleksandr: ['Sasha', 'Alex'],
  Anastasiia: ['Nastia', 'Anastazja'],
  Yuliia: ['Julia', 'Yulia'],
  Viktoriia: ['Vika', 'Wiktoria'],
  Charlotte: ['Lottie'],
  William: ['Will', 'Bill'],
  Thomas: ['Tom'],
  Jessica: ['Jess'],
};

/** Names that parents give to two children at once. */
export const TWINS = [
  ['Maja', 'Kaja'],
  ['Lena', 'Helena'],
  ['Zuzanna', 'Hanna'],
  ['Maria', 'Marta'],
  ['Julia', 'Julian'],
  ['Daniel', 'Dawid'],
  ['Oliwia', 'Liwia'],
  ['Ewa', 'Iwa'],
  ['Alina', 'Arina'],
  ['Mia', 'Mila'],
  ['Kamil', 'Kamila'],
  ['Natalia', 'Natasza'],
  ['Lina', 'Rina'],
  ['Milena', 'Malena'],
] as const;

/** What people add to a name in the name's field. */
export const NOTES_IN_NAMES = [
  'VIP',
  'paznokcie',
  'rzęsy',
  'polecenie',
  '2',
  'nowa',
  '❤',
  '(koleżanka)',
] as const;
