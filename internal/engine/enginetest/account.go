package enginetest

import (
	"context"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// Passwords are what an account asks of passwords.
type Passwords struct {
	Length, Reuse                  int
	Upper, Lower, Numbers, Symbols bool
}

// passwords are nil where an account has no rules, so that undo removes what a fix made.
type passwords struct{ Rules *Passwords }

// withoutRules is what an account without rules asks for.
func withoutRules() Passwords { return Passwords{Length: 8, Upper: true, Lower: true, Numbers: true} }

func readPasswords(ctx context.Context, env control.Env) (passwords, error) {
	p, err := Read[Passwords](ctx, env, "Account", "Passwords")
	return passwords{p}, err
}

func writePasswords(ctx context.Context, env control.Env, _, to passwords) error {
	return Write(ctx, env, "Account", "Passwords", to.Rules)
}

func long(p Passwords, _ control.Params) Passwords {
	p.Length = max(p.Length, 14)
	return p
}

func strongParams() []control.Param {
	params := []control.Param{
		{Name: "length", Meaning: "The fewest characters of a password.", Default: 14, Min: 8, Max: 128},
		{Name: "reuse", Meaning: "How many earlier passwords are refused.", Default: 24, Min: 1, Max: 24},
	}
	for _, name := range []string{"upper", "lower", "numbers", "symbols"} {
		params = append(params, control.Param{Name: name, Meaning: "Whether a password needs " + name + ".", Default: true})
	}
	return params
}

func strong(p Passwords, params control.Params) Passwords {
	return Passwords{
		Length: max(p.Length, params.Int("length")), Reuse: max(p.Reuse, params.Int("reuse")),
		Upper: p.Upper || params.Bool("upper"), Lower: p.Lower || params.Bool("lower"),
		Numbers: p.Numbers || params.Bool("numbers"), Symbols: p.Symbols || params.Bool("symbols"),
	}
}

// SetPasswords changes the member's rules behind Salve's back; nil takes them away.
func (w *World) SetPasswords(t *testing.T, p *Passwords) {
	t.Helper()
	if err := set(w, Account().Resource, "Passwords", p); err != nil {
		t.Fatal(err)
	}
}

// Passwords are the member's rules, nil if it has none.
func (w *World) Passwords() *Passwords { return setting[Passwords](w, Account().Resource, "Passwords") }
