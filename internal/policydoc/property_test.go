package policydoc_test

import (
	"errors"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// odd are statements of all kinds of forms. No two say the same.
func odd() []string {
	return []string{
		partner, twin, unnamed, tagged, disguised, ours,
		`{"Sid":"Partner","Effect":"Allow"}`,
		`{"Sid":"Ours (2)","Effect":"Allow","Action":[]}`,
		`{"Sid":"","Effect":"Deny","Action":null}`,
		`{"Effect":"Deny","Condition":{"NumericEquals":{"a":[1.0,1e3,12345678901234567890,1e400]}}}`,
		`{"Effect":"Deny","Extra":{"~/":{"a":[{"b":"\u003c"}]}}}`,
	}
}

// statements draws a few of the odd ones, perhaps one of them twice.
func statements() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom(odd()), 0, 6)
}

// Whatever is added and taken away is read again as it was meant, and taken back, all is as before; or nothing is
// written at all, where a statement would be taken for another one.
func TestChangeIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := policy(statements().Draw(t, "before")...)
		d := read(t, text)
		from := d.State()
		to := edited(t, from)
		changed, err := d.Change(from, to)
		switch {
		case fault.Of(err) == fault.Refused:
			if now := textOf(t, d); now != text {
				t.Fatalf("refused, and now %s", now)
			}
			return
		case err != nil, changed == equal(from, to):
			t.Fatalf("changed %v, from %s to %s: %v", changed, from, to, err)
		}
		again := read(t, textOf(t, d))
		if !equal(again.State(), to) {
			t.Fatalf("read back %s, want %s", again.State(), to)
		}
		if twice, err := again.Change(from, to); twice || err != nil {
			t.Fatalf("changed twice: %v", err)
		}
		_, err = again.Change(to, from)
		if back := read(t, textOf(t, again)); err == nil && !equal(back.State(), from) {
			t.Fatalf("taken back to %s, want %s", back.State(), from)
		}
		if err != nil && fault.Of(err) != fault.Refused {
			t.Fatal(err)
		}
	})
}

// edited is a state with some statements less and some more.
func edited(t *rapid.T, from policydoc.State) policydoc.State {
	to := maps.Clone(from)
	for key := range from {
		if rapid.Bool().Draw(t, "remove "+key) {
			delete(to, key)
		}
	}
	for key, statement := range read(t, policy(statements().Draw(t, "add")...)).State() {
		if _, there := from[key]; !there {
			to[key] = statement
		}
	}
	return to
}

// Statements that a change does not touch keep their bytes.
func TestOthersKeepTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := statements().Draw(t, "statements")
		d := read(t, policy(all...))
		changed, err := d.Change(nil, policydoc.State{"New": []byte(`{"Sid":"New","Effect":"Deny"}`)})
		if !changed || err != nil {
			t.Fatalf("changed %v: %v", changed, err)
		}
		if got, want := textOf(t, d), policy(append(all, `{"Effect":"Deny","Sid":"New"}`)...); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// FuzzRead: what can be read is written so that it reads the same, an edit of it is read back, and whatever cannot be
// read is neither public nor private, but an error.
func FuzzRead(f *testing.F) {
	for _, s := range odd() {
		f.Add(policy(s))
		f.Add(policy(s, twin, s))
		f.Add(`{"Statement":` + s + `}`)
	}
	for _, text := range []string{
		``, `{}`, `{"Statement":[{"Effect":"Allow","Principal":["*"]}]}`, `{"Statement":[],"statement":[]}`,
		`{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}`, policy(tls, `{"effect":"Allow","Principal":"*"}`),
		policy(`{"Effect":"Allow","Principal":{"AWS":["*"]},"Condition":{"IpAddress":{"aws:SourceIp":"::ffff:0:0/96"}}}`),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policydoc.Read(text)
		if err != nil {
			if !errors.Is(err, policydoc.ErrUnreadable) {
				t.Fatalf("%v", err)
			}
			return
		}
		written := textOf(t, d)
		if again := read(t, written); !equal(d.State(), again.State()) {
			t.Fatalf("%s became %s", text, written)
		}
		judgeAll(t, d)
		there(t, d, written)
	})
}

// there adds a statement to a document and takes it away again.
func there(t *testing.T, d policydoc.Document, written string) {
	t.Helper()
	from := d.State()
	if _, taken := from["Fuzzed"]; taken {
		return
	}
	to := with(from, "Fuzzed", `{"Sid":"Fuzzed","Effect":"Deny"}`)
	for _, pair := range [][2]policydoc.State{{from, to}, {to, from}} {
		if changed, err := d.Change(pair[0], pair[1]); err != nil || !changed {
			t.Fatalf("changed %v: %v", changed, err)
		}
	}
	if back := textOf(t, d); back != written {
		t.Fatalf("%s became %s after a change and its undo", written, back)
	}
}

// judgeAll asks everything of all statements. A statement for everybody without a condition is public by any meaning.
func judgeAll(t *testing.T, d policydoc.Document) {
	t.Helper()
	all, err := d.Statements()
	if err != nil {
		if !errors.Is(err, policydoc.ErrUnreadable) {
			t.Fatal(err)
		}
		return
	}
	for _, s := range all {
		s.MayLet("cloudwatch.amazonaws.com", "sns:Publish")
		if policydoc.RequiresTLS([]policydoc.Statement{s}, "s3", "arn:aws:s3:::b") && s.Effect != "Deny" {
			t.Fatalf("%+v requires TLS", s)
		}
		open := s.Effect == "Allow" && len(s.Principal["*"]) == 1 && s.Principal["*"][0] == "*" && len(s.Condition) == 0
		if open && (!policydoc.LambdaPublic().In(s) || !policydoc.S3Public().In(s)) {
			t.Fatalf("%+v is not public", s)
		}
	}
}
