using System.Reflection;
using Orleans.Streams.RabbitMQ.Tests.Setup;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>Every promise holds; and, its cure taken away, its test fails. The table says which switch belongs to which promise.</summary>
[Collection(Servers.Collection)]
public sealed class FaultTests(Servers servers)
{
    /// <summary>The cure, the promise it keeps, and the failure without it: any other would be an accident, and prove nothing.</summary>
    private static readonly (Cure Cure, string Promise, string Failure)[] Table =
    [
        (Cure.AcknowledgeLast, nameof(DeliveryScenarios.Orleans9107_Pulling_agent_moves), @"FirstArrivals\s+should be\s+\[1, 2,"),
        (Cure.DealToHosts, nameof(DeliveryScenarios.Silos_without_the_provider_get_no_queue), "the queues the host reads"),
        (Cure.DeadLetter, nameof(DeliveryScenarios.A_poisonous_event_becomes_a_dead_letter_that_can_be_replayed), "events that became dead letters"),
        (Cure.Reconnect, nameof(BrokerScenarios.A_cut_connection_is_opened_again_and_nothing_is_lost), "PublishException: No confirm within"),
        (Cure.SendAgain, nameof(BrokerScenarios.A_confirm_lost_on_its_way_back_neither_fails_the_caller_nor_repeats_the_event), "PublishException: No confirm within"),
        (Cure.KnowRepeats, nameof(BrokerScenarios.A_confirm_lost_on_its_way_back_neither_fails_the_caller_nor_repeats_the_event), @"Duplicates\s+should be\s+0"),
        (Cure.Confirm, nameof(BrokerScenarios.Without_a_confirm_the_caller_learns_that_the_outcome_is_unknown), @"PublishException\s+but was\s+null"),
        (Cure.Mandatory, nameof(BrokerScenarios.EShop701_Message_lost_before_binding), @"should throw\s+\S+PublishException\s+but did not"),
        (Cure.WaitWhileBlocked, nameof(BrokerScenarios.A_blocked_broker_makes_publishers_wait_on_the_same_connection), @"proxy\.Accepted\s+should be|No confirm within"),
        (Cure.BoundPending, nameof(BrokerScenarios.Back_pressure_refuses_what_would_not_fit), "refused at once"),
    ];

    /// <summary>Cures whose test, with its twin without the cure, needs no broker or stands elsewhere.</summary>
    private static readonly (Cure Cure, Type Tests)[] Elsewhere =
        [(Cure.KeepOrder, typeof(Unit.CoalescerTests)), (Cure.SettleFailed, typeof(Unit.SettlingCacheTests)), (Cure.CheckHostName, typeof(Tls.TlsTests))];

    public static TheoryData<string> Promises => [.. Scenarios().Select(s => s.Name)];

    public static TheoryData<string, string> Cures => [.. Table.Select(row => new TheoryDataRow<string, string>(row.Cure.ToString(), row.Promise))];

    [Fact]
    public void Every_cure_has_a_test_that_fails_without_it() =>
        Table.Select(row => row.Cure).Concat(Elsewhere.Select(e => e.Cure)).Order().ShouldBe(Enum.GetValues<Cure>().Where(c => c != Cure.None).Order());

    [Theory]
    [MemberData(nameof(Promises))]
    public Task Promise(string name) => Run(name, Cure.None);

    [Theory]
    [MemberData(nameof(Cures))]
    public async Task Test_fails_without_its_cure(string cure, string promise)
    {
        var failure = await Record.ExceptionAsync(() => Run(promise, Enum.Parse<Cure>(cure)));

        failure.ShouldNotBeNull($"the test of '{promise}' passes without {cure}: it does not test it");
        $"{failure.GetType().Name}: {failure.Message}".ShouldMatch(Table.Single(row => row.Cure.ToString() == cure).Failure);
    }

    private static IEnumerable<MethodInfo> Scenarios() =>
        new[] { typeof(DeliveryScenarios), typeof(BrokerScenarios) }.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(m => LongRun.IsOn || m.GetCustomAttribute<LongRunAttribute>() is null);

    private Task Run(string promise, Cure without) =>
        (Task)Scenarios().Single(s => s.Name == promise).Invoke(null, [new Scenario(servers, (int)without)])!;
}
