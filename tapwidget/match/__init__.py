"""What is asked: which target, matched how, under which conditions. Pure: no network, no traits, no widgets."""
