package iam

// carry returns the policy to put: the change from → to on top of the policy
// that is there now. It is not ok when a value to be changed is neither what
// it was when the change was planned nor already what it should become.
func carry(now, from, to *passwordPolicy) (p *passwordPolicy, ok bool) {
	if now == nil || from == nil || to == nil {
		return to, same(now, from) || same(now, to)
	}
	ok = true
	return &passwordPolicy{
		MinimumPasswordLength: pick(&ok, now.MinimumPasswordLength, from.MinimumPasswordLength, to.MinimumPasswordLength),
		RequireUppercaseCharacters: pick(&ok,
			now.RequireUppercaseCharacters, from.RequireUppercaseCharacters, to.RequireUppercaseCharacters),
		RequireLowercaseCharacters: pick(&ok,
			now.RequireLowercaseCharacters, from.RequireLowercaseCharacters, to.RequireLowercaseCharacters),
		RequireNumbers: pick(&ok, now.RequireNumbers, from.RequireNumbers, to.RequireNumbers),
		RequireSymbols: pick(&ok, now.RequireSymbols, from.RequireSymbols, to.RequireSymbols),
		AllowUsersToChangePassword: pick(&ok,
			now.AllowUsersToChangePassword, from.AllowUsersToChangePassword, to.AllowUsersToChangePassword),
		HardExpiry:     pick(&ok, now.HardExpiry, from.HardExpiry, to.HardExpiry),
		MaxPasswordAge: pick(&ok, now.MaxPasswordAge, from.MaxPasswordAge, to.MaxPasswordAge),
		PasswordReusePrevention: pick(&ok,
			now.PasswordReusePrevention, from.PasswordReusePrevention, to.PasswordReusePrevention),
	}, ok
}

func same(a, b *passwordPolicy) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// pick returns what one value should be, and takes ok away when it cannot tell.
func pick[T comparable](ok *bool, now, from, to T) T {
	if from == to {
		return now
	}
	if now != from && now != to {
		*ok = false
	}
	return to
}
