package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/salve-security/salve/deploy"
	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/playbooks"
)

func TestMemberTemplateIsCurrent(t *testing.T) {
	want, err := policy.Render([]byte(deploy.Member()), actions(t), ofRunbooks(t))
	if err != nil {
		t.Fatal(err)
	}
	if want, err = policy.Marked(want, time.Now()); err != nil {
		t.Fatal(err)
	}
	if string(want) != deploy.Member() {
		t.Error("deploy/member.yaml is not what the controls declare: run go generate ./deploy")
	}
}

func TestRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "member.yaml")
	text := "      Description: A role (rights of 2000-01-01, 00000000)\n" +
		"              # BEGIN GENERATED denials of RemediationRole\n" +
		"              # END GENERATED denials of RemediationRole\n" +
		"              # BEGIN GENERATED denials of IdentityRole\n" +
		"              # END GENERATED denials of IdentityRole\n" +
		"          # BEGIN GENERATED more denials of RemediationRole\n" +
		"          # END GENERATED more denials of RemediationRole\n" +
		"  # BEGIN GENERATED roles of runbooks\n  # END GENERATED roles of runbooks\n" +
		"  # BEGIN GENERATED permissions\n  # END GENERATED permissions\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rewrite(path, actions(t), ofRunbooks(t)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := policy.Render([]byte(text), actions(t), ofRunbooks(t))
	if err != nil {
		t.Fatal(err)
	}
	if want, err = policy.Marked(want, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Errorf("wrote %s (%v)", got, err)
	}
}

func TestRewriteFails(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"not there": filepath.Join(folder, "no.yaml"), "no markers": empty} {
		t.Run(name, func(t *testing.T) {
			if err := rewrite(path, actions(t), ofRunbooks(t)); err == nil {
				t.Error("no error")
			}
		})
	}
}

func actions(t *testing.T) map[control.Role]policy.Rights {
	t.Helper()
	return rights(registry(t))
}

func registry(t *testing.T) control.Registry {
	t.Helper()
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	all, err := controls.All(standards.Listing)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ofRunbooks are the families of the controls there are.
func ofRunbooks(t *testing.T) []policy.Family {
	t.Helper()
	of, err := families(registry(t))
	if err != nil {
		t.Fatal(err)
	}
	return of
}
