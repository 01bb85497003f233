"""The tests of mailcrm; the tree under unit/ mirrors src/mailcrm."""
