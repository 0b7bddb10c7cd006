using Commerce.ServiceDefaults;
using Commerce.Silo.Composition;
using Microsoft.Extensions.Configuration;

namespace Commerce.Silo.Tests.Composition;

public sealed class CheckoutSettingsTests
{
    private static Orders.CheckoutTerms Read(string key, string value) =>
        CheckoutSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new KeyValuePair<string, string?>($"Commerce:Checkout:{key}", value)]).Build());

    [Fact]
    public void A_term_that_is_set_is_taken_and_the_others_are_as_ever()
    {
        Read("PayBy", "00:00:10").ShouldBe(new Orders.CheckoutTerms { PayBy = TimeSpan.FromSeconds(10) });
        CheckoutSettings.Read(new ConfigurationBuilder().Build()).ShouldBe(new Orders.CheckoutTerms());
    }

    [Theory]
    [InlineData("PayBy", "10", "Commerce__Checkout__PayBy is a time from 00:00:01 to 365.00:00:00, such as 00:15:00, or 1.00:00:00 for a day; it is '10'.")]
    [InlineData("RetryFor", "24:00:00", "or 1.00:00:00 for a day; it is '24:00:00'.")]
    [InlineData("PayBy", "00:00:00", "it is '00:00:00'.")]
    [InlineData("PayBy", "-00:10:00", "it is '-00:10:00'.")]
    [InlineData("PayBy", "soon", "it is 'soon'.")]
    [InlineData("Payby2", "00:10:00", "There is no setting Commerce__Checkout__Payby2; there are ReserveWithin, PayBy,")]
    public void A_setting_that_makes_no_sense_is_named_with_its_cure(string key, string value, string sentence) =>
        Should.Throw<SettingsException>(() => Read(key, value)).Message.ShouldContain(sentence);
}
