package things_test

func TestOther(t *testing.T) {
	controltest.Run(t, controltest.Suite{Control: playbook.Other()[0], Skip: map[string]string{
		controltest.CaseGone: "somebody else's",
	}})
}
