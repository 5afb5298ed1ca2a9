package things_test

func TestThing(t *testing.T) {
	skip := map[string]string{controltest.CaseDrift: "two values"}
	skip[controltest.CaseGone] = "never goes"
	controltest.Run(t, controltest.Suite{Control: playbook.Thing()[0], Skip: skip})
}

func TestMore(t *testing.T) { controltest.StandIn{}.AddTo(nil) }
