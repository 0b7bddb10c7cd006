using Commerce.Gateway.ReadModels;
using CsCheck;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class WordsTests
{
    [Theory]
    [InlineData("lantern", "lantern", 0)]
    [InlineData("lantren", "lantern", 1)]
    [InlineData("lantrn", "lantern", 1)]
    [InlineData("lanntern", "lantern", 1)]
    [InlineData("haert", "heart", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Slips_of_the_keyboard_are_counted(string a, string b, int distance) => Words.Distance(a, b).ShouldBe(distance);

    [Fact]
    public void Distance_is_symmetric_and_zero_only_for_the_same() =>
        Gen.Select(Gen.String[Gen.Char["abc"], 0, 8], Gen.String[Gen.Char["abc"], 0, 8]).Sample((a, b) =>
            Words.Distance(a, b) == Words.Distance(b, a) && Words.Distance(a, b) == 0 == (a == b));

    [Fact]
    public void One_slip_in_a_word_of_four_letters_or_more_is_forgiven() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 4, 12], Gen.Int[0, 11], Gen.Char['a', 'z']).Sample((word, at, letter) =>
            Words.Similarity(word[..(at % word.Length)] + letter + word[(at % word.Length + 1)..], word).ShouldBeGreaterThanOrEqualTo(Words.Threshold));

    [Fact]
    public void Three_letters_are_another_word() => Words.Similarity("mug", "rug").ShouldBe(0);
}
