package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/policy"
)

// suiteRoles are the parts of the member template that the suite of every control deploys in its place.
const suiteRoles = "../functions/playbooktest/roles"

// part is one of them, as a template.
func part(t *testing.T, name string) template {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(suiteRoles, name))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

// resourcesOf are the resources of a template, by their logical ids.
func resourcesOf(t *testing.T, from template) map[string]any {
	t.Helper()
	all, ok := from["Resources"].(map[string]any)
	if !ok {
		t.Fatal("the template has no resources")
	}
	return all
}

// TestSuitesRunAgainstTheReleasedRole: in suites a denial is one of the role that is released, and so is whom it
// trusts. All but what grows with the controls is the same, word for word.
func TestSuitesRunAgainstTheReleasedRole(t *testing.T) {
	want, err := policy.Bare([]byte(deploy.Member()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(suiteRoles, "remediation.yaml"))
	if d := cmp.Diff(string(want), string(got)); err != nil || d != "" {
		t.Errorf("%s is stale: run go generate ./deploy: %v (-template +suites):\n%s", suiteRoles, err, d)
	}
	released, suites := resourcesOf(t, parse(t, deploy.Member())), resourcesOf(t, part(t, "remediation.yaml"))
	for _, of := range []map[string]any{released, suites} { // the mark grows with the controls, too
		role := object(t, object(t, of["RemediationRole"])["Properties"])
		role["Description"], _, _ = strings.Cut(role["Description"].(string), "(rights ")
	}
	if released["RemediationRole"] == nil || !cmp.Equal(released["RemediationRole"], suites["RemediationRole"]) {
		t.Errorf("the role of suites differs:\n%s", cmp.Diff(released["RemediationRole"], suites["RemediationRole"]))
	}
	for id := range released {
		_, there := suites[id]
		grows := strings.HasPrefix(strings.TrimPrefix(id, "Identity"), "Permissions") || strings.HasPrefix(id, "Runbooks")
		if there == grows {
			t.Errorf("%s is in the template of suites: %v; want what is not generated for controls", id, there)
		}
	}
}

// TestSuitesRunRunbooksAsReleased: what a runbook may in suites is what it may where Salve is deployed.
func TestSuitesRunRunbooksAsReleased(t *testing.T) {
	released, left := resourcesOf(t, parse(t, deploy.Member())), map[string]bool{}
	for id := range released {
		if strings.HasPrefix(id, "Runbooks") {
			left[id] = true
		}
	}
	files, err := os.ReadDir(filepath.Join(suiteRoles, "runbooks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for id, got := range resourcesOf(t, part(t, filepath.Join("runbooks", file.Name()))) {
			delete(left, id)
			if d := cmp.Diff(released[id], got); d != "" {
				t.Errorf("%s: %s is stale: run go generate ./deploy (-template +suites):\n%s", file.Name(), id, d)
			}
		}
	}
	for id := range left {
		t.Errorf("%s has no template for suites", id)
	}
}
