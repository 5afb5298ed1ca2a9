package iam

import "github.com/salve-security/salve/internal/control"

// PasswordRules and UnusedCredentials are not in the registry: the member role
// is denied what they do. They are tested like any other control.
func PasswordRules() []control.Control { return passwordRules() }

// UnusedCredentials returns IAM.8.
func UnusedCredentials() []control.Control { return unusedCredentials() }
