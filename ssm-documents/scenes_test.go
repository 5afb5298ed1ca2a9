package ssmdocuments

import (
	"slices"
	"testing"
	"time"
)

// scene is a state in which a runbook has something to do.
type scene struct {
	document, name string
	// make brings the state about and returns the runbook's parameters.
	make func(w world) map[string][]string
	// meanwhile does what has to happen while it runs; may be nil.
	meanwhile func(w world, id string)
	// left is what the runbook has not done, by a client that is not the runbook's; empty once all is done.
	left func(w world, parameters map[string][]string) string
}

func scenes() []scene {
	return slices.Concat(bucketScenes(), principalScenes(), instanceScenes(), snapshotScenes(), clusterScenes(),
		originScenes(), brokerScenes(), managingScenes())
}

// play runs a runbook in its scene with these permissions and returns the execution.
func (s scene) play(w world, permissions []Permission) (any, map[string][]string) {
	w.Helper()
	parameters := s.make(w)
	if s.left(w, parameters) == "" {
		w.Fatal("there is nothing to do in this scene")
	}
	id := w.start(document(w.T, s.document), permissions, parameters)
	if s.meanwhile != nil {
		s.meanwhile(w, id)
	}
	return w.until(id, ended), parameters
}

// TestEveryRunbookDoesWhatItSays: from a state that fails to one that passes, as a role that may do what the runbook
// declares and no more, judged by another client.
func TestEveryRunbookDoesWhatItSays(t *testing.T) {
	played := map[string]bool{}
	for _, s := range scenes() {
		played[s.document] = true
		t.Run(s.document+" "+s.name, func(t *testing.T) {
			w := newWorld(t)
			d := document(t, s.document)
			e, parameters := s.play(w, d.Permissions)
			if status := text(e, "AutomationExecutionStatus"); status != "Success" {
				t.Fatalf("ended as %s: %s", status, steps(e))
			}
			if left := s.left(w, parameters); left != "" {
				t.Errorf("it says Success, but %s", left)
			}
			if outputs, _ := at(e, "Outputs").(map[string]any); len(outputs) == 0 {
				t.Error("it put nothing out")
			}
		})
	}
	for _, d := range all(t) {
		if !played[d.Name] {
			t.Errorf("%s has no scene", d.Name)
		}
	}
}

// TestEveryRightIsNeeded: without any single action that it declares a runbook does not succeed in one of its scenes.
func TestEveryRightIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every runbook once for each of its rights")
	}
	for _, d := range all(t) {
		for _, p := range d.Permissions {
			if p.Effect == "Deny" || p.Unseen || p.OnlyOnFailure {
				continue
			}
			for _, action := range p.Actions {
				t.Run(d.Name+" "+action, func(t *testing.T) { needed(t, d, action) })
			}
		}
	}
}

// needed plays a runbook's scenes without an action until one does not succeed.
func needed(t *testing.T, d Document, action string) {
	for _, s := range scenes() {
		if s.document != d.Name {
			continue
		}
		w := newWorld(t)
		e, _ := s.play(w, without(d.Permissions, action))
		if text(e, "AutomationExecutionStatus") != "Success" {
			return
		}
	}
	t.Errorf("%s succeeds without it", d.Name)
}

// one is the parameters with a single value each.
func one(pairs ...string) map[string][]string {
	out := map[string][]string{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = []string{pairs[i+1]}
	}
	return out
}

// later puts the lab's clock forward when a runbook has come to a step.
func later(step string, by time.Duration) func(world, string) {
	return func(w world, id string) {
		w.until(id, func(e any) bool { return ended(e) || text(e, "CurrentStepName") == step })
		w.advance(by)
	}
}
