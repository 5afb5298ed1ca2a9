package deploy_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/deploy"
)

// TestVersions: a version is published exactly where the revision differs. Lambda publishes none of a function that is
// the same, and a stack that asks for one fails: so what makes the version another one changes the function too. Those
// before stay, and the alias goes to the last one unless a parameter names another.
func TestVersions(t *testing.T) {
	hub := func(values map[string]string) stack {
		values["CodeBucket"], values["CodeKey"], values["OrgId"] = "b", "k", "o-0123456789"
		return newStack(t, deploy.Hub(), values)
	}
	one, two := hub(map[string]string{"Revision": "one"}), hub(map[string]string{"Revision": "two"})
	for _, id := range []string{"Orchestrator", "Version"} {
		was, is := at(t, one.properties(id), "Description"), at(t, two.properties(id), "Description")
		if was == is || !strings.HasSuffix(was.(string), " one") || !strings.HasSuffix(is.(string), " two") {
			t.Errorf("%s: another revision changes %q to %q", id, was, is)
		}
	}
	const most = 256 // Source: Lambda API reference, PublishVersion
	long := hub(map[string]string{"Revision": strings.Repeat("r", 64)})
	if text := at(t, long.properties("Version"), "Description").(string); len(text) > most {
		t.Errorf("the description has %d characters", len(text))
	}
	for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if got := at(t, one.resources()["Version"], policy); got != "Retain" {
			t.Errorf("%s of the version is %v", policy, got)
		}
	}
	back := hub(map[string]string{"LiveVersion": "7"})
	for s, want := range map[*stack]string{&one: "<Version.Version>", &back: "7"} {
		if got := at(t, s.properties("Live"), "FunctionVersion"); got != want {
			t.Errorf("the alias goes to %v, want %s", got, want)
		}
	}
}
