package iam

import (
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// What controls ask for in days, passwords and characters.
const (
	minimumLength = 14 // IAM.15
	mostDays      = 90 // IAM.10, IAM.17
	remembered    = 24 // IAM.16
)

// What more than one control has to say. In an account without a policy a fix makes one, which is nearly what AWS asked
// for before: see withoutPolicy.
const (
	fromNothing = " Where the account had no policy, eight characters are asked for too, with upper and lower case and " +
		"a digit."
	lockedOut = " Who has to set a new one and may not change it (AllowUsersToChangePassword is off, and no policy of " +
		"the user's lets iam:ChangePassword) cannot sign in until an administrator helps."
)

// PasswordRules returns the controls that are met by the account's password policy.
func PasswordRules() []control.Control {
	return append([]control.Control{
		passwordRule(control.Info{
			ID: "IAM.7",
			Effect: "The next password a user sets has to be stronger; present passwords keep working, unless maxPasswordAge " +
				"lets them expire." + lockedOut,
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
		passwordRule(control.Info{
			ID: "IAM.10",
			Effect: "The next password a user sets has to be stronger and none of the last four; whoever has one older than " +
				"90 days sets a new one at the next sign-in. Access keys go on working." + lockedOut,
			Fails: control.Fails{When: "The account has no password policy of its own, or one that asks for less than seven " +
				"characters with upper and lower case letters and digits, lets one of the last four passwords come back, or " +
				"lets passwords live for longer than 90 days."},
			Impact: control.ImpactInterrupts,
		}, payment),
		passwordRule(control.Info{
			ID: "IAM.17",
			Effect: "Whoever has a password older than 90 days sets a new one at the next sign-in, and so on every 90 days. " +
				"Access keys go on working." + lockedOut + fromNothing,
			Fails: control.Fails{When: "The account has no password policy of its own, or one that lets passwords live for " +
				"longer than 90 days."},
			Impact: control.ImpactInterrupts,
		}, func(p passwordPolicy, _ control.Params) (passwordPolicy, error) { return expiring(p, mostDays) }),
		passwordRule(control.Info{
			ID:     "IAM.16",
			Effect: "The next password a user sets is none of the last 24; present passwords keep working." + fromNothing,
			Fails: control.Fails{When: "The account has no password policy of its own, or one that remembers fewer than 24 " +
				"passwords, the most that AWS takes."},
		}, func(p passwordPolicy, _ control.Params) (passwordPolicy, error) {
			p.PasswordReusePrevention = max(p.PasswordReusePrevention, remembered)
			return p, nil
		}),
	}, signs()...)
}

// signs are the controls that ask for one kind of sign each.
func signs() []control.Control {
	rule := func(id, sign string, ask func(*passwordPolicy)) control.Control {
		return passwordRule(control.Info{
			ID:     id,
			Effect: "The next password a user sets needs " + sign + "; present passwords keep working." + fromNothing,
			Fails: control.Fails{When: "The account has no password policy of its own, or one that does not ask for " + sign +
				"."},
		}, func(p passwordPolicy, _ control.Params) (passwordPolicy, error) {
			ask(&p)
			return p, nil
		})
	}
	return []control.Control{
		rule("IAM.11", "an upper case letter", func(p *passwordPolicy) { p.RequireUppercaseCharacters = true }),
		rule("IAM.12", "a lower case letter", func(p *passwordPolicy) { p.RequireLowercaseCharacters = true }),
		rule("IAM.13", "a symbol", func(p *passwordPolicy) { p.RequireSymbols = true }),
		rule("IAM.14", "a digit", func(p *passwordPolicy) { p.RequireNumbers = true }),
	}
}

// payment is what PCI DSS asks for. Symbols are not among it.
func payment(p passwordPolicy, _ control.Params) (passwordPolicy, error) {
	const characters, passwords = 7, 4
	p.MinimumPasswordLength = max(p.MinimumPasswordLength, characters)
	p.PasswordReusePrevention = max(p.PasswordReusePrevention, passwords)
	p.RequireUppercaseCharacters, p.RequireLowercaseCharacters, p.RequireNumbers = true, true, true
	return expiring(p, mostDays)
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
	if days := count(params, "maxPasswordAge"); days > 0 {
		return expiring(p, days)
	}
	return p, nil
}

// expiring is the policy with passwords that live for some days at most.
func expiring(p passwordPolicy, days int32) (passwordPolicy, error) {
	if p.MaxPasswordAge > 0 && p.MaxPasswordAge <= days {
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
