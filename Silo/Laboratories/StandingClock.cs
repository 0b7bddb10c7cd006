namespace Commerce.Silo.Laboratories;

/// <summary>A clock that stands still for orders and stock: for them no payment window ends and no hold lapses. Everybody else's goes on.</summary>
internal sealed class StandingClock(TimeProvider clock, Func<IGrainContextAccessor> grains) : TimeProvider
{
    private readonly DateTimeOffset _stopped = clock.GetUtcNow();

    // Only a grain has a context, and where there are grains the accessor is there.
    public override DateTimeOffset GetUtcNow() =>
        TaskScheduler.Current != TaskScheduler.Default && grains().GrainContext?.GrainId.Type.ToString() is "order" or "stock" ? _stopped : clock.GetUtcNow();
}
