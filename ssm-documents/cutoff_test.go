package ssmdocuments

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cutOff is the runbook with a step that fails before it does anything, and nothing that puts back what others did: as
// where SSM Automation is gone from one moment to the next.
func (d Document) cutOff(t *testing.T, step string) Document {
	t.Helper()
	head := "\n  - name: " + step + "\n"
	before, rest, found := strings.Cut(d.Content, head)
	if !found {
		t.Fatalf("%s has no step %s", d.Name, step)
	}
	body, after := rest, ""
	if end := regexp.MustCompile(`\n(  - name: |outputs: )`).FindStringIndex(rest); end != nil {
		body, after = rest[:end[0]], rest[end[0]:]
	}
	outputs := ""
	if at := strings.Index(body, "    outputs:\n"); at >= 0 {
		outputs = strings.TrimRight(body[at:], "\n")
	}
	d.Content = before + head + `    action: aws:executeScript
    timeoutSeconds: 60
    inputs:
      Runtime: python3.11
      Handler: cut
      Script: |
        def cut(events, context):
            raise ValueError("cut off")
` + outputs + after
	d.Name += "-cut"
	return d
}

// done are the steps that an execution has carried out, in their order.
func done(t *testing.T, name string, e any) []string {
	t.Helper()
	var out []string
	for _, s := range read(t, document(t, name)).MainSteps {
		if strings.Contains(steps(e), s.Name+" Success") {
			out = append(out, s.Name)
		}
	}
	return out
}

// healed are the runbooks that another run brings to their end wherever one was cut off.
func healed() []string {
	return []string{
		"Salve-CloseBucket", "Salve-ReopenBucket", "Salve-LogCluster", "Salve-UnlogCluster", "Salve-LogBroker",
		"Salve-RestoreOrigin", "Salve-ContainPrincipal", "Salve-ReleasePrincipal",
	}
}

//nolint:gochecknoglobals // a flag
var everyCut = flag.Bool("cuts", false, "cut every runbook off after every step, not only the quick ones")

// TestWhatIsCutOffIsHealed: a runbook that is cut off after any of its steps leaves what the same runbook brings to its
// end, or what is at its end already. All of them are some minutes:
// go test ./ssm-documents -run TestWhatIsCutOff -cuts.
func TestWhatIsCutOffIsHealed(t *testing.T) {
	for _, s := range scenes() {
		if !slices.Contains(healed(), s.document) || !*everyCut && s.document != "Salve-RestoreOrigin" {
			continue
		}
		e, _ := s.play(newWorld(t), document(t, s.document).Permissions)
		all := done(t, s.document, e)
		if len(all) < 2 {
			t.Fatalf("%s: %s", s.document, steps(e))
		}
		for _, next := range all[1:] {
			t.Run(fmt.Sprintf("%s %s before %s", s.document, s.name, next), func(t *testing.T) { s.healed(newWorld(t), next) })
		}
	}
}

func (s scene) healed(w world, next string) {
	w.Helper()
	d, parameters := document(w.T, s.document), s.make(w)
	play := func(id string) any {
		if s.meanwhile != nil {
			s.meanwhile(w, id)
		}
		return w.until(id, ended)
	}
	cut := d.cutOff(w.T, next)
	first := play(w.start(cut, d.Permissions, parameters))
	if !strings.Contains(steps(first), "cut off") {
		w.Fatalf("it was not cut off: %s", steps(first))
	}
	role := "arn:aws:iam::" + w.account + ":role/salve/automation/salve-" + d.Family
	second := play(w.startAs(d, role, parameters))
	if left := s.left(w, parameters); left != "" {
		w.Errorf("the next run leaves: %s: %s", left, steps(second))
	}
}
