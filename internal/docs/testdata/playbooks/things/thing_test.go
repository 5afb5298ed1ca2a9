package things_test

func TestThing(t *testing.T) {
	skip := map[string]string{playbooktest.CaseDrift: "two values"}
	skip[playbooktest.CaseGone] = "never goes"
	playbooktest.Run(t, playbooktest.Suite{Control: playbook.Thing()[0], Skip: skip})
}

func TestMore(t *testing.T) { playbooktest.StandIn{}.AddTo(nil) }
