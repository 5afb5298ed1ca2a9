package iam

import (
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// minimumLength is what IAM.15 asks for.
const minimumLength = 14

// PasswordRules returns the controls that are met by the account's password policy.
func PasswordRules() []control.Control {
	return []control.Control{
		passwordRule(control.Info{
			ID:     "IAM.7",
			Effect: "The next password a user sets has to be stronger; present passwords keep working until it expires.",
			Fails: control.Fails{When: "The account has no password policy of its own, or one that asks for less than the " +
				"control's parameters in Security Hub: unless changed there, eight characters, upper and lower case letters, " +
				"symbols and digits. It minds reuse and age only where somebody sets them there."},
			Params: strongParams(),
		}, strong),
		passwordRule(control.Info{
			ID: "IAM.15",
			Effect: "The next password a user sets needs 14 characters; present passwords keep working. Where the account " +
				"had no policy, upper and lower case and a digit are asked for too, as AWS did before.",
			Fails: control.Fails{When: "The account has no password policy of its own, or one that allows passwords of " +
				"fewer than 14 characters."},
		}, func(p passwordPolicy, _ control.Params) (passwordPolicy, error) {
			p.MinimumPasswordLength = max(p.MinimumPasswordLength, minimumLength)
			return p, nil
		}),
	}
}

// strongParams have the names that Security Hub gives them, and what it asks for by itself. Whoever asks for more there
// asks for it here too. Reuse and age are off, as there. Source:
// https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-7.
func strongParams() []control.Param {
	number := func(name, meaning string, usual, least, most int) control.Param {
		return control.Param{Name: name, Meaning: meaning, Default: usual, Min: least, Max: most}
	}
	kind := func(name, what string) control.Param {
		return control.Param{Name: name, Meaning: "Whether a password must contain " + what + ".", Default: true}
	}
	return []control.Param{
		number("minimumPasswordLength", "The fewest characters of a password.", 8, 8, 128),
		number("passwordReusePrevention", "How many earlier passwords are refused; 0 leaves that as it is.", 0, 0, 24),
		number("maxPasswordAge", "After how many days a password expires; 0 leaves expiry as it is.", 0, 0, 1095),
		kind("requireUppercaseCharacters", "an upper case letter"),
		kind("requireLowercaseCharacters", "a lower case letter"),
		kind("requireSymbols", "a symbol"),
		kind("requireNumbers", "a digit"),
	}
}

func strong(p passwordPolicy, params control.Params) (passwordPolicy, error) {
	p.MinimumPasswordLength = max(p.MinimumPasswordLength, count(params, "minimumPasswordLength"))
	p.PasswordReusePrevention = max(p.PasswordReusePrevention, count(params, "passwordReusePrevention"))
	p.RequireUppercaseCharacters = p.RequireUppercaseCharacters || params.Bool("requireUppercaseCharacters")
	p.RequireLowercaseCharacters = p.RequireLowercaseCharacters || params.Bool("requireLowercaseCharacters")
	p.RequireSymbols = p.RequireSymbols || params.Bool("requireSymbols")
	p.RequireNumbers = p.RequireNumbers || params.Bool("requireNumbers")
	days := count(params, "maxPasswordAge")
	if days == 0 || p.MaxPasswordAge > 0 && p.MaxPasswordAge <= days {
		return p, nil
	}
	if p.HardExpiry {
		return p, fault.New(fault.Refused, "the password policy has HardExpiry: an age limit for passwords, %d in days, "+
			"would lock out everyone with an older one; turn HardExpiry off, or let them change their passwords first", days)
	}
	p.MaxPasswordAge = days
	return p, nil
}

// count is an int parameter as AWS takes it; its declaration keeps it small.
func count(params control.Params, name string) int32 { return int32(params.Int(name)) }
