using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Node;

/// <summary>Settings are read once and validated before anything else starts; an error says how to fix the setting.</summary>
internal static class SettingsRegistration
{
    /// <summary>How a duration is written, for messages.</summary>
    public const string DurationForm = "[days.]hours:minutes:seconds, for example 00:00:15 or 3.00:00:00";

    /// <summary>Binds a section to an options class; stages take the class itself, not <see cref="IOptions{TOptions}"/>.</summary>
    public static IServiceCollection AddSettings<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>>(provider =>
            new SettingsValidator<TOptions>(provider.GetRequiredService<IConfiguration>().GetSection(section)));
        return services.AddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
    }
}

/// <summary>Checks ranges, and that durations are written as durations.</summary>
internal sealed partial class SettingsValidator<TOptions>(IConfigurationSection section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var faults = Faults(section, options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(IConfigurationSection section, object options)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var value = property.GetValue(options);
            var isGroup = property.PropertyType.Namespace == options.GetType().Namespace && property.PropertyType.IsClass;
            var faults = isGroup ? Faults(section.GetSection(property.Name), value!) : Faults(section, property, value);
            foreach (var fault in faults) yield return fault;
        }
    }

    private static IEnumerable<string> Faults(IConfigurationSection section, PropertyInfo property, object? value)
    {
        var key = $"{section.Path}:{property.Name}";
        if (value is TimeSpan && section[property.Name] is { } text && !Duration().IsMatch(text))
        {
            // TimeSpan itself would read "72" as 72 days.
            yield return $"{key} is \"{text}\", which is not a duration: write {SettingsRegistration.DurationForm}.";
        }
        else if (property.PropertyType == typeof(string) && section[property.Name] is { } given && string.IsNullOrWhiteSpace(given))
        {
            yield return $"{key} is empty: give it a value, or remove it to have the default.";
        }
        else if (property.GetCustomAttribute<RangeAttribute>() is { } range && value is not null && !range.IsValid(value))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{key} is {value}: set it to a value from {range.Minimum} to {range.Maximum}.");
        }
    }

    [GeneratedRegex(@"^(\d{1,8}\.)?\d{1,2}:\d{2}:\d{2}(\.\d{1,7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
