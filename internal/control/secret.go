package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"unicode"
)

// ErrSealed means that a value which was never kept is needed: a secret that
// another process read, or that is no longer in the resource.
var ErrSealed = errors.New("secrets are not kept, so this one is not known")

// ErrNoSeal means that a control reads secrets and was given nothing to seal them with.
var ErrNoSeal = errors.New("the control reads secrets and has no key to seal them with")

// sealed says why undo leaves a path.
const sealed = "secrets are not kept, so this one cannot be put back"

// Secret is a value of a state that nobody may see, such as a password in an
// environment variable. What is planned, stored, shown, hashed and compared is
// its mark, a keyed digest: equal secrets of one resource have equal marks, and
// nobody can guess a secret from its mark without the key. Env.Seal makes a
// Secret, Env.Reveal gives the value back while the process still knows it.
type Secret struct{ mark string }

// String is the mark.
func (s Secret) String() string { return s.mark }

// IsZero tells that there is no secret.
func (s Secret) IsZero() bool { return s.mark == "" }

// MarshalJSON writes the mark.
func (s Secret) MarshalJSON() ([]byte, error) {
	raw, err := json.Marshal(s.mark)
	if err != nil {
		return nil, fmt.Errorf("encode the mark of a secret: %w", err)
	}
	return raw, nil
}

// UnmarshalJSON reads the mark.
func (s *Secret) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &s.mark); err != nil {
		return fmt.Errorf("decode the mark of a secret: %w", err)
	}
	return nil
}

// Seals keeps the secrets of one process's work on one run. It is safe for
// concurrent use; nil keeps none.
type Seals struct {
	key []byte

	mu     sync.Mutex
	values map[string]string // by mark
}

// NewSeals returns an empty Seals. Marks are comparable as long as the key is
// the same.
func NewSeals(key []byte) *Seals {
	return &Seals{key: key, values: map[string]string{}}
}

// markBytes is how much of the digest a mark shows: enough to tell secrets apart.
const markBytes = 12

// Seal makes a secret of a value that was read from the resource. An empty
// value is no secret.
func (e Env) Seal(value string) Secret {
	if value == "" {
		return Secret{}
	}
	if e.Seals == nil {
		return Secret{mark: "sealed:unknown"} // Read has been refused before this
	}
	// Bound to the resource: nobody learns that two of them share a password.
	digest := hmac.New(sha256.New, e.Seals.key)
	for _, part := range []string{e.Target.Account, e.Target.Resource, value} {
		digest.Write(fmt.Appendf(nil, "%d:%s", len(part), part))
	}
	mark := "sealed:" + hex.EncodeToString(digest.Sum(nil)[:markBytes])
	e.Seals.mu.Lock()
	defer e.Seals.mu.Unlock()
	e.Seals.values[mark] = value
	return Secret{mark: mark}
}

// Reveal returns the value of a secret, for a Write that moves it elsewhere. The
// error is ErrSealed where this process has not read it.
func (e Env) Reveal(s Secret) (string, error) {
	if s.IsZero() {
		return "", nil
	}
	if e.Seals != nil {
		e.Seals.mu.Lock()
		defer e.Seals.mu.Unlock()
		if value, known := e.Seals.values[s.mark]; known {
			return value, nil
		}
	}
	return "", fmt.Errorf("%s: %w", s.mark, ErrSealed)
}

// shortest is the least length of a secret that In looks for: shorter ones
// stand in every text.
const shortest = 4

// In tells that a text may hold one of the secrets, also where somebody has
// quoted, escaped or folded it: letters and digits alone are compared.
func (s *Seals) In(text string) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	plain := letters(text)
	for _, value := range s.values {
		if len(value) >= shortest && strings.Contains(text, value) {
			return true
		}
		quoted, _ := json.Marshal(value) // a text can always be encoded
		for _, form := range []string{value, string(quoted), url.QueryEscape(value)} {
			if core := letters(form); len(core) >= shortest && strings.Contains(plain, core) {
				return true
			}
		}
	}
	return false
}

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// String hides what a Seals keeps from whoever prints it.
func (s *Seals) String() string { return "seals" }

// GoString is String.
func (s *Seals) GoString() string { return s.String() }

// MarshalJSON is String.
func (s *Seals) MarshalJSON() ([]byte, error) { return []byte(`"seals"`), nil }
