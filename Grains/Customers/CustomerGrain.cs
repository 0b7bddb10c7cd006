using System.Collections.Immutable;
using Commerce.Kernel;
using Commerce.Orders;
using Microsoft.Extensions.Logging;

namespace Commerce.Customers;

[GrainType("customer"), Role("customer")]
internal sealed partial class CustomerGrain(IJournal journal, TimeProvider time, ISealer sealer, ILogger<CustomerGrain> log)
    : AggregateGrain<Customer, CustomerEvent>(journal, time, Customer.Unknown, (s, e) => s.Evolve(e)), ICustomerGrain, IWakeable
{
    private string Subject => $"customer/{this.GetPrimaryKeyString()}";

    public Task<Result<CustomerView>> Register(CommandKey command, CustomerProfile profile) =>
        Seal(command, profile, s => s.Erased ? CustomerErrors.Erased : null, (s, box) => s.Register(box));

    public Task<Result<CustomerView>> ChangeProfile(CommandKey command, CustomerProfile profile) =>
        Seal(command, profile, s => s.Closed, (s, box) => s.ChangeProfile(box));

    public Task<Result<CustomerView>> PutAddress(CommandKey command, string addressId, Address address) =>
        Seal(command, address, s => s.Closed, (s, box) => s.PutAddress(addressId, box));

    public Task<Result<CustomerView>> RemoveAddress(CommandKey command, string addressId) => Do(command, s => s.RemoveAddress(addressId));

    public Task<Result<CustomerView>> SetConsent(CommandKey command, string purpose, bool given) => Do(command, s => s.SetConsent(purpose, given));

    public async Task<Result<CustomerView>> Erase(CommandKey command)
    {
        var erased = await Do(command, s => s.Erase());

        // After the event, never before it: a key destroyed for an erasure nobody recorded could not be explained.
        if (erased.Ok) await Forget();
        return erased;
    }

    public async Task<bool> Wake()
    {
        await Known();
        var before = Version;
        await Forget();
        return Version > before;
    }

    public Task<Result<CustomerView>> Get() =>
        Open(Query(s => s.Known ? new Result<(Customer, long)>((s, Version)) : CustomerErrors.NotFound));

    protected override DateTimeOffset? DueAt(Customer state) => state.DueAt;

    // Each service seals under keys of its own. One that is away is asked again by the deadline, however often the silos are killed meanwhile.
    private async Task Forget()
    {
        if (await Query(s => s.DueAt) is null) return;
        try
        {
            await Task.WhenAll(sealer.Erase(Subject), GrainFactory.GetGrain<IOrderKeysGrain>(this.GetPrimaryKeyString()).Destroy());
            await Apply(s => s.Forget());
        }
        catch (Exception away) when (Unavailability.Is(away))
        {
            LogKeysLeft(away);
        }
    }

    // The rules see sealed boxes only. What cannot be changed is known before sealing, and that refusal stands: nothing was sealed for it.
    private async Task<Result<CustomerView>> Seal<T>(
        CommandKey command, T value, Func<Customer, Refusal?> closed, Func<Customer, Sealed<T>, Result<Events<CustomerEvent>>> decide)
    {
        if (await Query(closed) is { } refusal) return await Do(command, _ => refusal);
        Sealed<T> box;
        try
        {
            box = await sealer.Seal(Subject, value);
        }
        catch (KeyDestroyedException) when (Folded.Erased)
        {
            return await Do(command, _ => CustomerErrors.Erased);      // erased while we were sealing
        }

        return await Do(command, s => decide(s, box));
    }

    private Task<Result<CustomerView>> Do(CommandKey command, Func<Customer, Result<Events<CustomerEvent>>> decide) =>
        Open(Apply(command, decide, s => (s, Version)));

    private async Task<Result<CustomerView>> Open(Task<Result<(Customer Customer, long Version)>> answer)
    {
        var (result, view) = (await answer, default(CustomerView)!);
        if (result.Ok) view = await View(result.Value.Customer, result.Value.Version);
        return result.Map(_ => view);
    }

    // A box that no longer opens belongs to a customer who is being erased this moment: it is left out.
    private async Task<CustomerView> View(Customer customer, long version)
    {
        var addresses = ImmutableDictionary.CreateBuilder<string, Address>();
        foreach (var (id, box) in customer.Addresses)
        {
            if (await sealer.Open(box) is { } address) addresses.Add(id, address);
        }

        var profile = customer.Profile is { } sealedProfile ? await sealer.Open(sealedProfile) : null;
        return new(
            new CustomerId(this.GetPrimaryKeyString().Split('/', 2)[1]), profile, addresses.ToImmutable(), [.. customer.Consents], customer.Erased, version);
    }

    [LoggerMessage(LogLevel.Warning, "Keys of an erased customer could not be destroyed now; it is tried again.")]
    private partial void LogKeysLeft(Exception away);
}
