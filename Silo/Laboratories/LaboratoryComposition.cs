using Commerce.Kernel;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Relay;

namespace Commerce.Silo.Laboratories;

/// <summary>
/// A silo in a laboratory: it crashes where it is told to, its clock goes wrong when it is told to, and each promise named in <c>Laboratory__Without</c> is broken
/// by a double of the port that keeps it. The rules know nothing of it.
/// </summary>
internal static class LaboratoryComposition
{
    /// <summary>The promises that can be taken away, each with what then breaks it.</summary>
    public const string Fence = "fence", CursorLast = "cursor-last", AnswerLast = "answer-last", ExpiryByClock = "expiry-by-clock";

    public static void AddLaboratory(this IServiceCollection services, Laboratory laboratory)
    {
        services.AddSingleton(laboratory);
        laboratory.OnCrashOrder(order => CrashPoint.Arm(CrashPoint.Parse(order, laboratory.Crash)));

        services.AddSingleton<TimeProvider>(provider => laboratory.Lacks(ExpiryByClock)
            ? new StandingClock(laboratory.Clock, () => provider.GetRequiredService<IGrainContextAccessor>())
            : laboratory.Clock);
        if (laboratory.Lacks(Fence)) services.AddSingleton<IJournal>(provider => new UnfencedJournal(provider.GetRequiredService<PostgresJournal>(), stream => laboratory.Broke($"{stream}")));
        if (laboratory.Lacks(AnswerLast)) services.AddSingleton<IJournal>(provider => new HastyJournal(provider.GetRequiredService<PostgresJournal>()));
        if (laboratory.Lacks(CursorLast)) services.AddSingleton<IFeedPublisher>(provider => new HastyPublisher(provider.GetRequiredService<IClusterClient>()));
    }
}
