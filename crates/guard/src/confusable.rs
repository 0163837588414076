//! Letters that look like others: what an agent (or a stolen account of one) writes to get a word past a filter.

/// The Latin letter that a letter of another script looks like, or a digit in a word stands for.
pub(crate) fn skeleton(c: char) -> char {
    match c {
        'а' | 'α' | 'ɑ' | '@' | '4' => 'a',
        'в' | 'β' | 'ь' => 'b',
        'с' | 'ϲ' | '¢' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'є' | 'ε' | '3' | '€' => 'e',
        'ɡ' => 'g',
        'һ' | 'н' => 'h',
        'і' | 'ι' | 'ı' | '1' | '!' | '|' | 'ї' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' | 'ł' => 'l',
        'м' => 'm',
        'п' | 'η' => 'n',
        'о' | 'ο' | 'σ' | '0' | 'ø' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | '5' | '$' => 's',
        'т' | 'τ' | '7' => 't',
        'υ' | 'μ' | 'ц' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' | 'ш' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        _ => c,
    }
}
