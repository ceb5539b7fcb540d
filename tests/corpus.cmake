# The replay of a corpus that other programs have judged, if one is named when the tests run.
if(TARGET sekimori)
  add_test(NAME corpus.check COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/corpus.sh $<TARGET_FILE:sekimori>)
  set_tests_properties(corpus.check PROPERTIES LABELS corpus SKIP_RETURN_CODE 77 PROCESSORS 2 TIMEOUT 900)
endif()
